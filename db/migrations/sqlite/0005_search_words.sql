-- Search without accents, and in scripts that are written without spaces. `searchable` is ours (db/search-words.ts): every
-- connection has it (db/open.sqlite.ts), so messages are written by Parley alone; reading and deleting needs nothing.
DROP TABLE `search_text`;--> statement-breakpoint
CREATE VIRTUAL TABLE `search_text` USING fts5(owner, text, content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 0 categories ''L* N* Co M*''', prefix='2 3 4 5 6');--> statement-breakpoint
DROP TRIGGER `search_message_made`;--> statement-breakpoint
DROP TRIGGER `search_message_changed`;--> statement-breakpoint
DROP TRIGGER `search_conversation_made`;--> statement-breakpoint
DROP TRIGGER `search_conversation_titled`;--> statement-breakpoint
DROP TRIGGER `search_conversation_given`;--> statement-breakpoint
DROP TRIGGER `search_media_made`;--> statement-breakpoint
DROP TRIGGER `search_media_changed`;--> statement-breakpoint
CREATE TRIGGER `search_message_made` AFTER INSERT ON `message` WHEN new.`content` <> '' BEGIN
  INSERT INTO `search_entry` (`conversation_id`, `message_id`) VALUES (new.`conversation_id`, new.`id`);
  INSERT INTO `search_text` (rowid, owner, text) VALUES (last_insert_rowid(), (SELECT 'u' || hex(`user_id`) FROM `conversation` WHERE `id` = new.`conversation_id`), searchable(new.`content`));
END;--> statement-breakpoint
CREATE TRIGGER `search_message_changed` AFTER UPDATE OF `content` ON `message` WHEN new.`content` <> old.`content` BEGIN
  DELETE FROM `search_entry` WHERE `message_id` = new.`id` AND `media_id` IS NULL;
  INSERT INTO `search_entry` (`conversation_id`, `message_id`) SELECT new.`conversation_id`, new.`id` WHERE new.`content` <> '';
  INSERT INTO `search_text` (rowid, owner, text) SELECT `search_entry`.`id`, 'u' || hex(`conversation`.`user_id`), searchable(new.`content`)
    FROM `search_entry` JOIN `conversation` ON `conversation`.`id` = `search_entry`.`conversation_id`
    WHERE `search_entry`.`message_id` = new.`id` AND `search_entry`.`media_id` IS NULL;
END;--> statement-breakpoint
CREATE TRIGGER `search_conversation_made` AFTER INSERT ON `conversation` WHEN new.`title` IS NOT NULL BEGIN
  INSERT INTO `search_entry` (`conversation_id`) VALUES (new.`id`);
  INSERT INTO `search_text` (rowid, owner, text) VALUES (last_insert_rowid(), 'u' || hex(new.`user_id`), searchable(new.`title`));
END;--> statement-breakpoint
CREATE TRIGGER `search_conversation_titled` AFTER UPDATE OF `title` ON `conversation` WHEN new.`title` IS NOT old.`title` BEGIN
  DELETE FROM `search_entry` WHERE `conversation_id` = new.`id` AND `message_id` IS NULL;
  INSERT INTO `search_entry` (`conversation_id`) SELECT new.`id` WHERE new.`title` IS NOT NULL;
  INSERT INTO `search_text` (rowid, owner, text) SELECT `id`, 'u' || hex(new.`user_id`), searchable(new.`title`)
    FROM `search_entry` WHERE `conversation_id` = new.`id` AND `message_id` IS NULL;
END;--> statement-breakpoint
CREATE TRIGGER `search_conversation_given` AFTER UPDATE OF `user_id` ON `conversation` WHEN new.`user_id` <> old.`user_id` BEGIN
  DELETE FROM `search_text` WHERE rowid IN (SELECT `id` FROM `search_entry` WHERE `conversation_id` = new.`id`);
  INSERT INTO `search_text` (rowid, owner, text) SELECT `search_entry`.`id`, 'u' || hex(new.`user_id`), searchable(coalesce(`search_media`.`text`, `message`.`content`, new.`title`))
    FROM `search_entry` LEFT JOIN `message` ON `message`.`id` = `search_entry`.`message_id` LEFT JOIN `search_media` ON `search_media`.`id` = `search_entry`.`media_id`
    WHERE `search_entry`.`conversation_id` = new.`id`;
END;--> statement-breakpoint
CREATE TRIGGER `search_media_made` AFTER INSERT ON `media` WHEN new.`message_id` IS NOT NULL BEGIN
  INSERT INTO `search_entry` (`conversation_id`, `message_id`, `media_id`) SELECT `conversation_id`, `id`, new.`id` FROM `message` WHERE `id` = new.`message_id`;
  INSERT INTO `search_text` (rowid, owner, text) SELECT `search_entry`.`id`, 'u' || hex(`conversation`.`user_id`), searchable(`search_media`.`text`)
    FROM `search_entry` JOIN `conversation` ON `conversation`.`id` = `search_entry`.`conversation_id` JOIN `search_media` ON `search_media`.`id` = `search_entry`.`media_id`
    WHERE `search_entry`.`media_id` = new.`id`;
END;--> statement-breakpoint
CREATE TRIGGER `search_media_changed` AFTER UPDATE OF `message_id`, `name`, `transcript`, `extracted_text` ON `media`
WHEN new.`message_id` IS NOT old.`message_id` OR new.`name` <> old.`name` OR new.`transcript` IS NOT old.`transcript` OR new.`extracted_text` IS NOT old.`extracted_text` BEGIN
  DELETE FROM `search_entry` WHERE `media_id` = new.`id`;
  INSERT INTO `search_entry` (`conversation_id`, `message_id`, `media_id`) SELECT `conversation_id`, `id`, new.`id` FROM `message` WHERE `id` = new.`message_id`;
  INSERT INTO `search_text` (rowid, owner, text) SELECT `search_entry`.`id`, 'u' || hex(`conversation`.`user_id`), searchable(`search_media`.`text`)
    FROM `search_entry` JOIN `conversation` ON `conversation`.`id` = `search_entry`.`conversation_id` JOIN `search_media` ON `search_media`.`id` = `search_entry`.`media_id`
    WHERE `search_entry`.`media_id` = new.`id`;
END;--> statement-breakpoint
INSERT INTO `search_text` (rowid, owner, text) SELECT `search_entry`.`id`, 'u' || hex(`conversation`.`user_id`),
  searchable(coalesce(CASE WHEN `search_entry`.`media_id` IS NOT NULL THEN `search_media`.`text` WHEN `search_entry`.`message_id` IS NOT NULL THEN `message`.`content` ELSE `conversation`.`title` END, ''))
  FROM `search_entry` JOIN `conversation` ON `conversation`.`id` = `search_entry`.`conversation_id`
    LEFT JOIN `message` ON `message`.`id` = `search_entry`.`message_id` LEFT JOIN `search_media` ON `search_media`.`id` = `search_entry`.`media_id`;
