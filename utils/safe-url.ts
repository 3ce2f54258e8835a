/**
 * Addresses a model or a stranger wrote. Only these three schemes are ever linked; nothing is ever fetched by itself.
 */
const linkable = new Set(['http:', 'https:', 'mailto:'])

/** The address, normalised, when it may be a link; null when it may not. Relative addresses may not: they would point into this site. */
export function safeLink(href: unknown): string | null {
  if (typeof href !== 'string') return null
  // URL() drops tabs and line ends inside a scheme, as browsers do: judge what the browser would open.
  try {
    const url = new URL(href.trim())
    return linkable.has(url.protocol) ? url.href : null
  }
  catch {
    return null
  }
}

/** The host a link leads to, for showing: `example.org`; the address itself for mail. */
export function hostOf(href: string): string {
  try {
    const url = new URL(href)
    return url.protocol === 'mailto:' ? url.pathname : url.host
  }
  catch {
    return ''
  }
}
