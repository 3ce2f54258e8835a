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

/** True when a Mermaid source may be drawn. What may not is shown as text, so nothing is lost. */
export const mayBeDrawn = (source: string): boolean =>
  source.trim() !== '' && source.length <= longestDiagram && !refused.some(pattern => pattern.test(source))
