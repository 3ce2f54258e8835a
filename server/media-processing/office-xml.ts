/** Just enough of XML for the parts of Office files: tags and the text between them, once through, without building a tree. */

const entities: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: '\'' }
/** Only the five names XML has by itself, and numbers: entities that a document defines are not expanded. */
const plain = (text: string) => text.replace(/&(#x?[0-9a-f]{1,6}|\w{2,4});/gi, (whole, name: string) => {
  if (!name.startsWith('#')) return entities[name] ?? whole
  const code = name[1] === 'x' || name[1] === 'X' ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1))
  return code > 0 && code <= 0x10FFFF ? String.fromCodePoint(code) : ''
})

/** A tag, with its name (a slash before that of an end), or a text. */
export interface Step { tag: string, name: string, text: string }

export function* walk(xml: string): Generator<Step> {
  let at = 0
  while (at < xml.length) {
    const open = xml.indexOf('<', at)
    const close = open < 0 ? -1 : xml.indexOf('>', open)
    if (close < 0) return
    const tag = xml.slice(open + 1, close)
    yield { tag, name: /^\/?[\w:]+/.exec(tag)?.[0] ?? '', text: '' }
    const next = xml.indexOf('<', close)
    const text = xml.slice(close + 1, next < 0 ? xml.length : next)
    if (text) yield { tag: '', name: '', text: plain(text) }
    at = next < 0 ? xml.length : next
  }
}

/** The value of an attribute, which may have a prefix before its name. */
export const attribute = (tag: string, name: string): string | null => {
  const found = new RegExp(`[\\s:]${name}\\s*=\\s*(?:"([^"]{0,1000})"|'([^']{0,1000})')`).exec(tag)
  return found ? plain(found[1] ?? found[2] ?? '') : null
}
