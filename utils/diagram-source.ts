/** Diagrams longer than this are shown as their source. */
const longestDiagram = 20_000

/**
 * Ways in which a Mermaid diagram can make the browser fetch something or restyle the page: pictures in shapes,
 * `url(…)` and `@import` in styles, tags in labels, addresses anywhere, and the configuration it may bring along.
 * A backslash can spell each of them differently within styles and shape data, so there it is refused as such.
 */
const refused: readonly RegExp[] = [
  /%%\s*\{/, /^\s*---/, /\/\//, /\burl\s*\(/i, /@import/i, /\bimage(-set)?\s*\(/i, /<\s*[a-z!/]/i, /\bsrc\s*=/i, /\bhref\b/i, /data\s*:/i,
  /@\s*\{[^}]*(img|\\)/i, /^\s*(style|classDef|linkStyle|themeCSS)\b[^\n]*\\/im, /\bjavascript\s*:/i,
]

/** Years that a calendar with marks or free days of its own may span. */
const mostYears = 5
const marks = /^\s*tickInterval\b(?!\s+\d{1,3}\s*(day|week|month)s?\b)/im
const countsDays = /^\s*(tickInterval|excludes|includes)\b/im

/**
 * Whether a calendar would be drawn mark by mark, or counted day by day, over ages: the page would stand still, and again
 * whenever it is opened.
 */
function neverEnds(source: string): boolean {
  if (!countsDays.test(source)) return false
  const years = [...source.matchAll(/\b(\d{4})[-/.]/g)].map(([, year]) => Number(year))
  return marks.test(source) || /\d{5,}|\d{4,}\s*(d|w|M|y)\b|\d{3,}\s*(M|y)\b/.test(source) || Math.max(...years) - Math.min(...years) > mostYears
}

/** True when a Mermaid source may be drawn. What may not is shown as text, so nothing is lost. */
export const mayBeDrawn = (source: string): boolean =>
  source.trim() !== '' && source.length <= longestDiagram && !refused.some(pattern => pattern.test(source)) && !neverEnds(source)

/** A diagram of more pieces than this keeps a phone busy for seconds: it is drawn when that is asked for. */
const mostPieces = 60
const link = /[-=.~]{2,}[->ox|)]*/

/** Lines between things as far as a line of the source draws them: `a & b --> c & d` is four. */
function piecesIn(statement: string): number {
  const sides = statement.split(link).map(side => side.split('&').length)
  return Math.max(1, sides.slice(1).reduce((sum, side, at) => sum + side * (sides[at] ?? 1), 0))
}

/** True when a Mermaid source makes a page wait: roughly, by its lines and the links in them. */
export const isLargeDiagram = (source: string): boolean =>
  source.split(/[\n;]/).reduce((sum, line) => sum + (line.trim() ? piecesIn(line) : 0), 0) > mostPieces
