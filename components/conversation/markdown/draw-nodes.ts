import { h, type VNode, type VNodeChild } from 'vue'
import { UIcon } from '#components'
import type { MarkdownNode } from '~/utils/markdown-tree'
import { hostOf, safeLink } from '~/utils/safe-url'
import MarkdownCode from './MarkdownCode.vue'
import MarkdownMath from './MarkdownMath.vue'
import MarkdownWords from './MarkdownWords.vue'

/**
 * Draws a tree of Markdown as plain elements: a component for each would be most of what a long text costs. Nothing here makes
 * an element or an attribute of what was written, but links of three schemes; HTML is shown as text.
 */
type Draw = (node: MarkdownNode, grows: boolean) => VNodeChild

/** Words that `grow` are changed in place, and stay so, since who sets a text anew takes the selection away. */
const words = (text: string, grows: boolean): VNodeChild => grows ? h(MarkdownWords, { text }) : text
const inside: (node: MarkdownNode, grows: boolean) => VNodeChild[] = (node, grows) => drawNodes(node.children, grows)
const as = (tag: string, about?: Record<string, unknown>): Draw => (node, grows) => h(tag, about, inside(node, grows))

const blocks = new Set(['math_block', 'code_block', 'list', 'table', 'blockquote', 'heading', 'paragraph', 'admonition', 'footnote'])
const paragraph: Draw = (node, grows) => h(node.children?.some(child => blocks.has(child.type)) ? 'div' : 'p', { dir: 'auto' }, inside(node, grows))

/** Two levels below what was written, since the page and the message come above it. */
const heading: Draw = (node, grows) => {
  const level = Math.min(6, Math.max(1, node.level ?? 1))
  return h(`h${Math.min(6, level + 2)}`, { class: `level-${level}`, dir: 'auto' }, inside(node, grows))
}

const list: Draw = (node, grows) => h(node.ordered ? 'ol' : 'ul', { start: node.ordered && node.start !== 1 ? node.start : undefined },
  node.items?.map(item => h('li', { dir: 'auto' }, inside(item, grows))))

const checkbox: Draw = node => h('span', { class: 'checkbox-node', role: 'img', 'aria-label': node.checked ? 'Done' : 'To do' }, [
  h('svg', { width: 16, height: 16, viewBox: '0 0 24 24', fill: 'none', class: { 'checkbox-checked': node.checked } }, [
    h('rect', { 'x': 3, 'y': 3, 'width': 18, 'height': 18, 'rx': 4, 'stroke': 'currentColor', 'stroke-width': 2, 'fill': node.checked ? 'currentColor' : 'none' }),
    ...node.checked ? [h('path', { 'd': 'M8 12l3 3 5-6', 'stroke-width': 2.5, 'stroke-linecap': 'round', 'stroke-linejoin': 'round' })] : [],
  ]),
])

const row = (tag: 'th' | 'td', cells: MarkdownNode[] | undefined, grows: boolean): VNode =>
  h('tr', cells?.map(cell => h(tag, { dir: 'auto', class: cell.align && cell.align !== 'left' ? `text-${cell.align}` : undefined }, inside(cell, grows))))
const table: Draw = (node, grows) => h('div', { 'class': 'table-scroll', 'tabindex': 0, 'role': 'group', 'aria-label': 'Table' }, [h('table', [
  h('thead', [row('th', typeof node.header === 'object' ? node.header.cells : [], grows)]),
  h('tbody', node.rows?.map(({ cells }) => row('td', cells, grows))),
])])

/** To another site: in a new tab, told nothing about us. */
const outside = (href: string) => ({ href, target: '_blank', rel: 'noopener noreferrer nofollow', referrerpolicy: 'no-referrer', title: href })
/** An address we don't open is shown as its text. */
const link: Draw = (node, grows) => {
  const href = node.loading ? null : safeLink(node.href)
  return href ? h('a', outside(href), node.children?.length ? inside(node, grows) : node.text || href) : h('span', node.text || node.raw)
}
/** Never loaded: its address could carry away what the model was told. It becomes a link that the reader may follow. */
const image: Draw = (node) => {
  const href = node.loading ? null : safeLink(node.src)
  const name = node.alt?.trim() || 'image'
  if (!href || href.startsWith('mailto:')) return h('span', { class: 'text-muted' }, `[${name}]`)
  return h('a', { ...outside(href), class: 'image-link' }, [
    h(UIcon, { 'name': 'i-lucide-image', 'class': 'size-4 shrink-0', 'aria-hidden': 'true' }),
    h('span', [`${name} `, h('span', { class: 'text-muted' }, `(image from ${hostOf(href)})`)]),
  ])
}

const asWritten: Draw = node => h('span', { class: 'whitespace-pre-wrap' }, node.raw ?? node.content)
/** Without links: the same number stands in every message of a page. */
const footnote: Draw = (node, grows) => h('div', { class: 'footnote' }, [h('span', { class: 'text-muted' }, `[${node.id}]`), h('div', inside(node, grows))])
const admonition: Draw = (node, grows) => h('blockquote', { dir: 'auto' }, [h('p', [h('strong', node.title ?? '')]), ...inside(node, grows)])
const definitions: Draw = (node, grows) => h('dl', node.items?.flatMap(item => [h('dt', drawNodes(item.term, grows)), h('dd', drawNodes(item.definition, grows))]))
const other: Draw = (node, grows) => node.children ? h('div', inside(node, grows)) : words(node.content ?? '', grows)

const draws = new Map<string, Draw>(Object.entries({
  text: (node, grows) => words(node.content ?? node.raw ?? '', grows),
  paragraph, heading, list, table, link, image, footnote, admonition, checkbox,
  checkbox_input: checkbox,
  blockquote: as('blockquote', { dir: 'auto' }),
  strong: as('strong'),
  emphasis: as('em'),
  strikethrough: as('del'),
  highlight: as('mark'),
  insert: as('ins'),
  subscript: as('sub'),
  superscript: as('sup'),
  inline_code: node => h('code', { class: 'inline-code' }, node.code),
  hardbreak: () => h('br'),
  thematic_break: () => h('hr'),
  code_block: node => h(MarkdownCode, { node }),
  math_inline: node => h(MarkdownMath, { node }),
  math_block: node => h(MarkdownMath, { node }),
  html_block: asWritten,
  html_inline: asWritten,
  reference: (node, grows) => words(`[${node.id}]`, grows),
  footnote_reference: node => h('sup', { class: 'footnote-reference' }, `[${node.id}]`),
  footnote_anchor: () => '',
  definition_list: definitions,
} satisfies Record<string, Draw>))

export function drawNodes(nodes: MarkdownNode[] | undefined, grows: boolean): VNodeChild[] {
  return (nodes ?? []).map(node => (draws.get(node.type) ?? other)(node, grows)).filter(drawn => drawn !== '')
}
