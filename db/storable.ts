/**
 * Text as both databases can keep it. Postgres refuses NUL in text, and UTF-8 has no form for half a surrogate pair;
 * each becomes U+FFFD, here rather than by the driver, so that both dialects store the same. Replacing, not refusing: a
 * model may write such a character, and its reply must not be lost for it.
 */
export function storable(text: string): string {
  const whole = text.isWellFormed() ? text : text.toWellFormed()
  return whole.includes('\0') ? whole.replaceAll('\0', '\uFFFD') : whole
}
