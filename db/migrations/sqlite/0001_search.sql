-- Full-text search (db/queries/search.ts). An entry is one searchable text: a message, a conversation's title (no
-- message), or what is said or written in a file (its media). Triggers keep entries true, whoever writes the rows.
-- search_text has the words alone; the text itself stays where it is. `owner` makes each query one person's own.
CREATE TABLE `search_entry` (
  `id` integer PRIMARY KEY AUTOINCREMENT,
  `conversation_id` text NOT NULL REFERENCES `conversation`(`id`) ON DELETE cascade,
  `message_id` text REFERENCES `message`(`id`) ON DELETE cascade,
  `media_id` text REFERENCES `media`(`id`) ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `search_entry_by_conversation` ON `search_entry` (`conversation_id`, `message_id`);--> statement-breakpoint
CREATE INDEX `search_entry_by_message` ON `search_entry` (`message_id`);--> statement-breakpoint
CREATE INDEX `search_entry_by_media` ON `search_entry` (`media_id`) WHERE `media_id` IS NOT NULL;--> statement-breakpoint
CREATE VIRTUAL TABLE `search_text` USING fts5(owner, text, content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 0 categories ''L* N* Co M*''', prefix='2 3 4 5 6');--> statement-breakpoint
CREATE VIEW `search_media` AS SELECT `id`, `message_id`,
  `name` || ' ' || coalesce(`extracted_text`, '') || ' ' || coalesce((SELECT group_concat(json_extract(`line`.`value`, '$.text'), ' ') FROM json_each(`transcript`) AS `line`), '') AS `text`
  FROM `media`;--> statement-breakpoint
CREATE TRIGGER `search_entry_deleted` AFTER DELETE ON `search_entry` BEGIN
  DELETE FROM `search_text` WHERE rowid = old.`id`;
END;--> statement-breakpoint
CREATE TRIGGER `search_message_made` AFTER INSERT ON `message` WHEN new.`content` <> '' BEGIN
  INSERT INTO `search_entry` (`conversation_id`, `message_id`) VALUES (new.`conversation_id`, new.`id`);
  INSERT INTO `search_text` (rowid, owner, text) VALUES (last_insert_rowid(), (SELECT 'u' || hex(`user_id`) FROM `conversation` WHERE `id` = new.`conversation_id`), new.`content`);
END;--> statement-breakpoint
CREATE TRIGGER `search_message_changed` AFTER UPDATE OF `content` ON `message` WHEN new.`content` <> old.`content` BEGIN
  DELETE FROM `search_entry` WHERE `message_id` = new.`id` AND `media_id` IS NULL;
  INSERT INTO `search_entry` (`conversation_id`, `message_id`) SELECT new.`conversation_id`, new.`id` WHERE new.`content` <> '';
  INSERT INTO `search_text` (rowid, owner, text) SELECT `search_entry`.`id`, 'u' || hex(`conversation`.`user_id`), new.`content`
    FROM `search_entry` JOIN `conversation` ON `conversation`.`id` = `search_entry`.`conversation_id`
    WHERE `search_entry`.`message_id` = new.`id` AND `search_entry`.`media_id` IS NULL;
END;--> statement-breakpoint
CREATE TRIGGER `search_conversation_made` AFTER INSERT ON `conversation` WHEN new.`title` IS NOT NULL BEGIN
  INSERT INTO `search_entry` (`conversation_id`) VALUES (new.`id`);
  INSERT INTO `search_text` (rowid, owner, text) VALUES (last_insert_rowid(), 'u' || hex(new.`user_id`), new.`title`);
END;--> statement-breakpoint
CREATE TRIGGER `search_conversation_titled` AFTER UPDATE OF `title` ON `conversation` WHEN new.`title` IS NOT old.`title` BEGIN
  DELETE FROM `search_entry` WHERE `conversation_id` = new.`id` AND `message_id` IS NULL;
  INSERT INTO `search_entry` (`conversation_id`) SELECT new.`id` WHERE new.`title` IS NOT NULL;
  INSERT INTO `search_text` (rowid, owner, text) SELECT `id`, 'u' || hex(new.`user_id`), new.`title`
    FROM `search_entry` WHERE `conversation_id` = new.`id` AND `message_id` IS NULL;
END;--> statement-breakpoint
CREATE TRIGGER `search_conversation_given` AFTER UPDATE OF `user_id` ON `conversation` WHEN new.`user_id` <> old.`user_id` BEGIN
  DELETE FROM `search_text` WHERE rowid IN (SELECT `id` FROM `search_entry` WHERE `conversation_id` = new.`id`);
  INSERT INTO `search_text` (rowid, owner, text) SELECT `search_entry`.`id`, 'u' || hex(new.`user_id`), coalesce(`search_media`.`text`, `message`.`content`, new.`title`)
    FROM `search_entry` LEFT JOIN `message` ON `message`.`id` = `search_entry`.`message_id` LEFT JOIN `search_media` ON `search_media`.`id` = `search_entry`.`media_id`
    WHERE `search_entry`.`conversation_id` = new.`id`;
END;--> statement-breakpoint
CREATE TRIGGER `search_media_made` AFTER INSERT ON `media` WHEN new.`message_id` IS NOT NULL BEGIN
  INSERT INTO `search_entry` (`conversation_id`, `message_id`, `media_id`) SELECT `conversation_id`, `id`, new.`id` FROM `message` WHERE `id` = new.`message_id`;
  INSERT INTO `search_text` (rowid, owner, text) SELECT `search_entry`.`id`, 'u' || hex(`conversation`.`user_id`), `search_media`.`text`
    FROM `search_entry` JOIN `conversation` ON `conversation`.`id` = `search_entry`.`conversation_id` JOIN `search_media` ON `search_media`.`id` = `search_entry`.`media_id`
    WHERE `search_entry`.`media_id` = new.`id`;
END;--> statement-breakpoint
CREATE TRIGGER `search_media_changed` AFTER UPDATE OF `message_id`, `name`, `transcript`, `extracted_text` ON `media`
WHEN new.`message_id` IS NOT old.`message_id` OR new.`name` <> old.`name` OR new.`transcript` IS NOT old.`transcript` OR new.`extracted_text` IS NOT old.`extracted_text` BEGIN
  DELETE FROM `search_entry` WHERE `media_id` = new.`id`;
  INSERT INTO `search_entry` (`conversation_id`, `message_id`, `media_id`) SELECT `conversation_id`, `id`, new.`id` FROM `message` WHERE `id` = new.`message_id`;
  INSERT INTO `search_text` (rowid, owner, text) SELECT `search_entry`.`id`, 'u' || hex(`conversation`.`user_id`), `search_media`.`text`
    FROM `search_entry` JOIN `conversation` ON `conversation`.`id` = `search_entry`.`conversation_id` JOIN `search_media` ON `search_media`.`id` = `search_entry`.`media_id`
    WHERE `search_entry`.`media_id` = new.`id`;
END;
