-- Full-text search (db/queries/search.ts). An entry is one searchable text: a message, a conversation's title (no
-- message), or what is said or written in a file (its media). Triggers keep entries true, whoever writes the rows.
CREATE TABLE "search_entry" (
  "id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  "user_id" text NOT NULL,
  "conversation_id" text NOT NULL REFERENCES "conversation"("id") ON DELETE cascade,
  "message_id" text REFERENCES "message"("id") ON DELETE cascade,
  "media_id" text REFERENCES "media"("id") ON DELETE cascade,
  "words" tsvector NOT NULL
);
--> statement-breakpoint
CREATE INDEX "search_entry_by_user" ON "search_entry" ("user_id", "id");--> statement-breakpoint
CREATE INDEX "search_entry_by_conversation" ON "search_entry" ("conversation_id");--> statement-breakpoint
CREATE INDEX "search_entry_by_message" ON "search_entry" ("message_id");--> statement-breakpoint
CREATE INDEX "search_entry_by_media" ON "search_entry" ("media_id") WHERE "media_id" IS NOT NULL;--> statement-breakpoint
-- A short pending list: every search reads all of it.
CREATE INDEX "search_entry_by_words" ON "search_entry" USING gin ("words") WITH (gin_pending_list_limit = 256);--> statement-breakpoint
-- The words of a text, and its owner as one more (with a space, so that no text can hold it), which keeps each query
-- one person's own. Punctuation goes first: the parser would make compounds of what it joins. The cut keeps below the
-- size a tsvector may have, since a text too long must not make its message impossible to save. Lower case by Unicode's
-- rules where this server has them: a database made with locale C knows only ASCII's.
DO $do$
DECLARE "rules" text := coalesce((SELECT min(collname) FROM pg_collation WHERE collname IN ('pg_c_utf8', 'und-x-icu')), 'default');
BEGIN
  EXECUTE format($create$
    CREATE FUNCTION "search_words"("owner" text, "text" text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
      SELECT array_to_tsvector(ARRAY['owner ' || $1]) || strip(to_tsvector('simple',
        translate(lower(left($2, 100000) COLLATE %I), '!"#$%%&''()*+,-./:;<=>?@[\]^_`{|}~«»“”„‘’‚–—…·、。，！？：；（）「」『』', repeat(' ', 80))))
    $$ $create$, "rules");
END
$do$;--> statement-breakpoint
-- A transcript that Postgres can't read as text (\u0000 in it) is left out rather than refused.
CREATE FUNCTION "search_media_text"("row" "media") RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN concat_ws(' ', "row"."name", "row"."extracted_text", (SELECT string_agg("line"->>'text', ' ') FROM json_array_elements("row"."transcript") AS "line"));
EXCEPTION WHEN data_exception THEN
  RETURN concat_ws(' ', "row"."name", "row"."extracted_text");
END
$$;--> statement-breakpoint
CREATE FUNCTION "search_message_changed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    DELETE FROM "search_entry" WHERE "message_id" = NEW."id" AND "media_id" IS NULL;
  END IF;
  INSERT INTO "search_entry" ("user_id", "conversation_id", "message_id", "words")
    SELECT "user_id", "id", NEW."id", search_words("user_id", NEW."content") FROM "conversation" WHERE "id" = NEW."conversation_id" AND NEW."content" <> '';
  RETURN NULL;
END
$$;--> statement-breakpoint
CREATE TRIGGER "search_message_made" AFTER INSERT ON "message" FOR EACH ROW WHEN (NEW."content" <> '') EXECUTE FUNCTION "search_message_changed"();--> statement-breakpoint
CREATE TRIGGER "search_message_changed" AFTER UPDATE OF "content" ON "message" FOR EACH ROW WHEN (NEW."content" <> OLD."content") EXECUTE FUNCTION "search_message_changed"();--> statement-breakpoint
CREATE FUNCTION "search_conversation_titled"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    DELETE FROM "search_entry" WHERE "conversation_id" = NEW."id" AND "message_id" IS NULL;
  END IF;
  IF NEW."title" IS NOT NULL THEN
    INSERT INTO "search_entry" ("user_id", "conversation_id", "words") VALUES (NEW."user_id", NEW."id", search_words(NEW."user_id", NEW."title"));
  END IF;
  RETURN NULL;
END
$$;--> statement-breakpoint
CREATE TRIGGER "search_conversation_made" AFTER INSERT ON "conversation" FOR EACH ROW WHEN (NEW."title" IS NOT NULL) EXECUTE FUNCTION "search_conversation_titled"();--> statement-breakpoint
CREATE TRIGGER "search_conversation_titled" AFTER UPDATE OF "title" ON "conversation" FOR EACH ROW WHEN (NEW."title" IS DISTINCT FROM OLD."title") EXECUTE FUNCTION "search_conversation_titled"();--> statement-breakpoint
CREATE FUNCTION "search_conversation_given"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE "search_entry" SET "user_id" = NEW."user_id",
    "words" = ts_delete("words", 'owner ' || OLD."user_id") || array_to_tsvector(ARRAY['owner ' || NEW."user_id"])
    WHERE "conversation_id" = NEW."id";
  RETURN NULL;
END
$$;--> statement-breakpoint
CREATE TRIGGER "search_conversation_given" AFTER UPDATE OF "user_id" ON "conversation" FOR EACH ROW WHEN (NEW."user_id" <> OLD."user_id") EXECUTE FUNCTION "search_conversation_given"();--> statement-breakpoint
CREATE FUNCTION "search_media_changed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF NEW."message_id" IS NOT DISTINCT FROM OLD."message_id" AND NEW."name" = OLD."name"
      AND NEW."transcript"::text IS NOT DISTINCT FROM OLD."transcript"::text AND NEW."extracted_text" IS NOT DISTINCT FROM OLD."extracted_text" THEN
      RETURN NULL;
    END IF;
    DELETE FROM "search_entry" WHERE "media_id" = NEW."id";
  END IF;
  INSERT INTO "search_entry" ("user_id", "conversation_id", "message_id", "media_id", "words")
    SELECT "conversation"."user_id", "conversation"."id", NEW."message_id", NEW."id", search_words("conversation"."user_id", search_media_text(NEW))
    FROM "message" JOIN "conversation" ON "conversation"."id" = "message"."conversation_id" WHERE "message"."id" = NEW."message_id";
  RETURN NULL;
END
$$;--> statement-breakpoint
CREATE TRIGGER "search_media_made" AFTER INSERT ON "media" FOR EACH ROW WHEN (NEW."message_id" IS NOT NULL) EXECUTE FUNCTION "search_media_changed"();--> statement-breakpoint
CREATE TRIGGER "search_media_changed" AFTER UPDATE OF "message_id", "name", "transcript", "extracted_text" ON "media" FOR EACH ROW EXECUTE FUNCTION "search_media_changed"();
