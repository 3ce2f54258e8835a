-- Indexing as before (migrations `search` and `search_words`), for a twentieth of its cost: `translate` compares each
-- character of a text with each one of its list. The letters of Western Europe have a short list, and with the long one only
-- those words are compared that have a letter of it.
ALTER FUNCTION "search_fold"(text) RENAME TO "search_fold_word";--> statement-breakpoint
DO $do$
DECLARE "rules" text := coalesce((SELECT min(collname) FROM pg_collation WHERE collname IN ('pg_c_utf8', 'und-x-icu')), 'default');
BEGIN
  EXECUTE format($create$
    CREATE FUNCTION "search_fold"("text" text) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
    DECLARE "low" text := lower($1 COLLATE %I);
    BEGIN
      IF "low" ~ '[\u00E0-\u00FF]' THEN
        "low" := translate("low", 'àáâãäåçèéêëìíîïñòóôõöùúûüýÿ', 'aaaaaaceeeeiiiinooooouuuuyy');
      END IF;
      IF "low" !~ '[\u00C0-\u00DE\u0100-\u024F\u0300-\u036F\u03C2\u1E00-\u1EFF]' THEN RETURN "low"; END IF;
      RETURN (
        SELECT string_agg(CASE WHEN "word" ~ '[\u00C0-\u00DE\u0100-\u024F\u0300-\u036F\u03C2\u1E00-\u1EFF]' THEN search_fold_word("word") ELSE "word" END, ' ')
        FROM string_to_table("low", ' ') AS "word");
    END
    $$ $create$, "rules");
END
$do$;--> statement-breakpoint
CREATE OR REPLACE FUNCTION "search_words"("owner" text, "text" text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT array_to_tsvector(ARRAY['owner ' || $1]) || strip(to_tsvector('simple',
    regexp_replace(search_pairs(search_fold(left($2, 100000))), '[!-/:-@\[-`{-~«»“”„‘’‚–—…·、。，！？：；（）「」『』]+', ' ', 'g')))
$$;
