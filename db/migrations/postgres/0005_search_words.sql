-- Search without accents, and in scripts that are written without spaces: a text is indexed as db/search-words.ts
-- says (`fold` and `searchable`; that file and this one go together), in either database.
-- Latin letters without their accents, which may also stand behind them; lower case by Unicode's rules where this server
-- has them: a database made with locale C knows only ASCII's.
DO $do$
DECLARE "rules" text := coalesce((SELECT min(collname) FROM pg_collation WHERE collname IN ('pg_c_utf8', 'und-x-icu')), 'default');
BEGIN
  EXECUTE format($create$
    CREATE FUNCTION "search_fold"("text" text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
      SELECT translate(lower($1 COLLATE %I),
        'ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞàáâãäåçèéêëìíîïñòóôõöùúûüýÿĀāĂăĄąĆćĈĉĊċČčĎďĐĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĦĨĩĪīĬĭĮįİĲĴĵĶķĹĺĻļĽľĿŁŃńŅņŇňŊŌōŎŏŐőŒŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŦŨũŪūŬŭŮůŰűŲųŴŵŶŷŸŹźŻżŽžƁƂƄƆƇƉƊƋƎƏƐƑƓƔƖƗƘƜƝƟƠơƢƤƦƧƩƬƮƯưƱƲƳƵƷƸƼǄǅǇǈǊǋǍǎǏǐǑǒǓǔǕǖǗǘǙǚǛǜǞǟǠǡǢǣǤǦǧǨǩǪǫǬǭǮǯǰǱǲǴǵǶǷǸǹǺǻǼǽǾǿȀȁȂȃȄȅȆȇȈȉȊȋȌȍȎȏȐȑȒȓȔȕȖȗȘșȚțȜȞȟȠȢȤȦȧȨȩȪȫȬȭȮȯȰȱȲȳȺȻȽȾɁɃɄɅɆɈɊɌɎḀḁḂḃḄḅḆḇḈḉḊḋḌḍḎḏḐḑḒḓḔḕḖḗḘḙḚḛḜḝḞḟḠḡḢḣḤḥḦḧḨḩḪḫḬḭḮḯḰḱḲḳḴḵḶḷḸḹḺḻḼḽḾḿṀṁṂṃṄṅṆṇṈṉṊṋṌṍṎṏṐṑṒṓṔṕṖṗṘṙṚṛṜṝṞṟṠṡṢṣṤṥṦṧṨṩṪṫṬṭṮṯṰṱṲṳṴṵṶṷṸṹṺṻṼṽṾṿẀẁẂẃẄẅẆẇẈẉẊẋẌẍẎẏẐẑẒẓẔẕẖẗẘẙẛẞẠạẢảẤấẦầẨẩẪẫẬậẮắẰằẲẳẴẵẶặẸẹẺẻẼẽẾếỀềỂểỄễỆệỈỉỊịỌọỎỏỐốỒồỔổỖỗỘộỚớỜờỞởỠỡỢợỤụỦủỨứỪừỬửỮữỰựỲỳỴỵỶỷỸỹỺỼỾς̴̵̶̷̸̡̢̧̨̛̖̗̘̙̜̝̞̟̠̣̤̥̦̩̪̫̬̭̮̯̰̱̲̳̹̺̻̼͇͈͉͍͎̀́̂̃̄̅̆̇̈̉̊̋̌̍̎̏̐̑̒̓̔̽̾̿̀́͂̓̈́͆͊͋͌̕̚ͅ͏͓͔͕͖͙͚͐͑͒͗͛ͣͤͥͦͧͨͩͪͫͬͭͮͯ͘͜͟͢͝͞͠͡',
        'aaaaaaæceeeeiiiiðnoooooøuuuuyþaaaaaaceeeeiiiinooooouuuuyyaaaaaaccccccccddđeeeeeeeeeegggggggghhħiiiiiiiiiĳjjkkllllllŀłnnnnnnŋooooooœrrrrrrssssssssttttŧuuuuuuuuuuuuwwyyyzzzzzzɓƃƅɔƈɖɗƌǝəɛƒɠɣɩɨƙɯɲɵooƣƥʀƨʃƭʈuuʊʋƴƶʒƹƽǆǆǉǉǌǌaaiioouuuuuuuuuuaaaaææǥggkkooooʒʒjǳǳggƕƿnnaaææøøaaaaeeeeiiiioooorrrruuuussttȝhhƞȣȥaaeeooooooooyyⱥȼƚⱦɂƀʉʌɇɉɋɍɏaabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmmnnnnnnnnoooooooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvvwwwwwwwwwwxxxxyyzzzzzzhtwyſßaaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyyỻỽỿσ')
    $$ $create$, "rules");
END
$do$;--> statement-breakpoint
-- Each character and each pair of neighbours of such a script as a word: pairs from the first on, pairs from the second on,
-- and characters. Of very long ones the beginning, since a tsvector may have one megabyte.
CREATE FUNCTION "search_pairs"("text" text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN $1 !~ '[\u0E01-\u0E3A\u0E40-\u0EFF\u1000-\u109F\u1780-\u17D3\u3005-\u3007\u3041-\u30FA\u30FC-\u30FF\u3400-\u4DBF\u4E00-\u9FFF\uAC00-\uD7A3\uF900-\uFAFF\uFF66-\uFF9F\U00020000-\U0003FFFF]' THEN $1 ELSE (
    SELECT concat_ws(' ',
      regexp_replace("apart", '([\u0E01-\u0E3A\u0E40-\u0EFF\u1000-\u109F\u1780-\u17D3\u3005-\u3007\u3041-\u30FA\u30FC-\u30FF\u3400-\u4DBF\u4E00-\u9FFF\uAC00-\uD7A3\uF900-\uFAFF\uFF66-\uFF9F\U00020000-\U0003FFFF])([\u0E01-\u0E3A\u0E40-\u0EFF\u1000-\u109F\u1780-\u17D3\u3005-\u3007\u3041-\u30FA\u30FC-\u30FF\u3400-\u4DBF\u4E00-\u9FFF\uAC00-\uD7A3\uF900-\uFAFF\uFF66-\uFF9F\U00020000-\U0003FFFF])', '\1\2 ', 'g'),
      regexp_replace(regexp_replace("apart", '(^|[^\u0E01-\u0E3A\u0E40-\u0EFF\u1000-\u109F\u1780-\u17D3\u3005-\u3007\u3041-\u30FA\u30FC-\u30FF\u3400-\u4DBF\u4E00-\u9FFF\uAC00-\uD7A3\uF900-\uFAFF\uFF66-\uFF9F\U00020000-\U0003FFFF])([\u0E01-\u0E3A\u0E40-\u0EFF\u1000-\u109F\u1780-\u17D3\u3005-\u3007\u3041-\u30FA\u30FC-\u30FF\u3400-\u4DBF\u4E00-\u9FFF\uAC00-\uD7A3\uF900-\uFAFF\uFF66-\uFF9F\U00020000-\U0003FFFF])', '\1\2 ', 'g'), '([\u0E01-\u0E3A\u0E40-\u0EFF\u1000-\u109F\u1780-\u17D3\u3005-\u3007\u3041-\u30FA\u30FC-\u30FF\u3400-\u4DBF\u4E00-\u9FFF\uAC00-\uD7A3\uF900-\uFAFF\uFF66-\uFF9F\U00020000-\U0003FFFF])([\u0E01-\u0E3A\u0E40-\u0EFF\u1000-\u109F\u1780-\u17D3\u3005-\u3007\u3041-\u30FA\u30FC-\u30FF\u3400-\u4DBF\u4E00-\u9FFF\uAC00-\uD7A3\uF900-\uFAFF\uFF66-\uFF9F\U00020000-\U0003FFFF])', '\1\2 ', 'g'),
      regexp_replace("apart", '([\u0E01-\u0E3A\u0E40-\u0EFF\u1000-\u109F\u1780-\u17D3\u3005-\u3007\u3041-\u30FA\u30FC-\u30FF\u3400-\u4DBF\u4E00-\u9FFF\uAC00-\uD7A3\uF900-\uFAFF\uFF66-\uFF9F\U00020000-\U0003FFFF])', '\1 ', 'g'))
    FROM (SELECT regexp_replace(left($1, 50000), '([\u0E01-\u0E3A\u0E40-\u0EFF\u1000-\u109F\u1780-\u17D3\u3005-\u3007\u3041-\u30FA\u30FC-\u30FF\u3400-\u4DBF\u4E00-\u9FFF\uAC00-\uD7A3\uF900-\uFAFF\uFF66-\uFF9F\U00020000-\U0003FFFF]+)', ' \1 ', 'g') AS "apart") AS "runs") END
$$;--> statement-breakpoint
-- As before (migration `search`), but for the two above.
CREATE OR REPLACE FUNCTION "search_words"("owner" text, "text" text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT array_to_tsvector(ARRAY['owner ' || $1]) || strip(to_tsvector('simple',
    translate(search_pairs(search_fold(left($2, 100000))), '!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~«»“”„‘’‚–—…·、。，！？：；（）「」『』', repeat(' ', 80))))
$$;--> statement-breakpoint
UPDATE "search_entry" SET "words" = search_words("user_id", coalesce(CASE
  WHEN "media_id" IS NOT NULL THEN (SELECT search_media_text("media") FROM "media" WHERE "media"."id" = "media_id")
  WHEN "message_id" IS NOT NULL THEN (SELECT "content" FROM "message" WHERE "message"."id" = "message_id")
  ELSE (SELECT "title" FROM "conversation" WHERE "conversation"."id" = "conversation_id") END, ''));
