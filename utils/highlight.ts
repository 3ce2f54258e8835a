import type { GrammarState, HighlighterCore, LanguageRegistration } from 'shiki/core'

/** A coloured stretch of one line; `style` holds both themes' colours as custom properties (`--light`, `--dark`). */
export interface Token { text: string, style: Record<string, string> }

/** Code longer than this stays plain: nobody reads colours in it, and it would hold the page up. */
const longestCode = 100_000
const longestLine = 2_000
/** A line's colours may take this long. At half a second, the library's own limit, the first line of a language, which is learned then, often went without on a slow device. */
const longestMs = 5_000
const themes = { light: 'github-light-high-contrast', dark: 'github-dark-default' } as const

// With patterns that are JavaScript's already: to translate them in the page takes up to a second for a language, at once.
type Grammar = { default: LanguageRegistration[] }
const grammars: Record<string, () => Promise<Grammar>> = {
  bash: () => import('@shikijs/langs-precompiled/bash'),
  c: () => import('@shikijs/langs-precompiled/c'),
  cpp: () => import('@shikijs/langs-precompiled/cpp'),
  csharp: () => import('@shikijs/langs-precompiled/csharp'),
  css: () => import('@shikijs/langs-precompiled/css'),
  diff: () => import('@shikijs/langs-precompiled/diff'),
  docker: () => import('@shikijs/langs-precompiled/docker'),
  go: () => import('@shikijs/langs-precompiled/go'),
  html: () => import('@shikijs/langs-precompiled/html'),
  java: () => import('@shikijs/langs-precompiled/java'),
  javascript: () => import('@shikijs/langs-precompiled/javascript'),
  json: () => import('@shikijs/langs-precompiled/json'),
  jsx: () => import('@shikijs/langs-precompiled/jsx'),
  kotlin: () => import('@shikijs/langs-precompiled/kotlin'),
  latex: () => import('@shikijs/langs-precompiled/latex'),
  lua: () => import('@shikijs/langs-precompiled/lua'),
  markdown: () => import('@shikijs/langs-precompiled/markdown'),
  php: () => import('@shikijs/langs-precompiled/php'),
  powershell: () => import('@shikijs/langs-precompiled/powershell'),
  python: () => import('@shikijs/langs-precompiled/python'),
  r: () => import('@shikijs/langs-precompiled/r'),
  ruby: () => import('@shikijs/langs-precompiled/ruby'),
  rust: () => import('@shikijs/langs-precompiled/rust'),
  scala: () => import('@shikijs/langs-precompiled/scala'),
  sql: () => import('@shikijs/langs-precompiled/sql'),
  swift: () => import('@shikijs/langs-precompiled/swift'),
  toml: () => import('@shikijs/langs-precompiled/toml'),
  tsx: () => import('@shikijs/langs-precompiled/tsx'),
  typescript: () => import('@shikijs/langs-precompiled/typescript'),
  vue: () => import('@shikijs/langs-precompiled/vue'),
  xml: () => import('@shikijs/langs-precompiled/xml'),
  yaml: () => import('@shikijs/langs-precompiled/yaml'),
}
const otherNames: Record<string, string> = {
  'sh': 'bash', 'shell': 'bash', 'zsh': 'bash', 'console': 'bash', 'c++': 'cpp', 'cs': 'csharp', 'c#': 'csharp', 'dockerfile': 'docker', 'golang': 'go',
  'js': 'javascript', 'mjs': 'javascript', 'cjs': 'javascript', 'node': 'javascript', 'jsonc': 'json', 'json5': 'json', 'kt': 'kotlin', 'tex': 'latex', 'md': 'markdown', 'ps1': 'powershell',
  'py': 'python', 'rb': 'ruby', 'rs': 'rust', 'ts': 'typescript', 'mts': 'typescript', 'yml': 'yaml', 'svg': 'xml', 'postgres': 'sql', 'sqlite': 'sql', 'patch': 'diff',
}

/** The name we highlight a fence's language by; null when it stays plain. */
export function languageOf(name: string): string | null {
  const lower = name.trim().toLowerCase()
  const known = Object.hasOwn(otherNames, lower) ? otherNames[lower] : lower
  return known !== undefined && Object.hasOwn(grammars, known) ? known : null
}

let opening: Promise<HighlighterCore> | undefined
const loaded = new Map<string, Promise<HighlighterCore>>()

function openHighlighter(): Promise<HighlighterCore> {
  return opening ??= (async () => {
    const [{ createHighlighterCore }, { createJavaScriptRawEngine }, light, dark] = await Promise.all([
      import('shiki/core'), import('shiki/engine/javascript'),
      import('shiki/themes/github-light-high-contrast.mjs'), import('shiki/themes/github-dark-default.mjs'),
    ])
    return createHighlighterCore({ engine: createJavaScriptRawEngine(), themes: [light.default, dark.default], langs: [] })
  })()
}

/** The highlighter with that language ready; loaded once. */
function withLanguage(language: string): Promise<HighlighterCore> {
  const known = loaded.get(language)
  if (known) return known
  const loading = (async () => {
    const [highlighter, grammar] = await Promise.all([openHighlighter(), grammars[language]?.()])
    if (grammar) await highlighter.loadLanguage(grammar.default)
    return highlighter
  })()
  loaded.set(language, loading)
  return loading
}

export interface LineHighlighter {
  /** Lines of `code` as tokens. Lines that did not change since the last call are the same arrays, and cost nothing. */
  update(code: string): Token[][]
}

/** A highlighter for one block of code that grows; null when the language stays plain. Rejects when its parts could not be loaded. */
export async function openLineHighlighter(name: string): Promise<LineHighlighter | null> {
  const language = languageOf(name)
  if (!language) return null
  const highlighter = await withLanguage(language)
  let known: { text: string, tokens: Token[], after: GrammarState | undefined }[] = []
  const readLine = (text: string, before: GrammarState | undefined) => {
    if (text.length > longestLine) return { text, tokens: [{ text, style: {} }], after: before }
    const result = highlighter.codeToTokens(text, { lang: language, themes, defaultColor: false, cssVariablePrefix: '--', tokenizeTimeLimit: longestMs, ...(before ? { grammarState: before } : {}) })
    const tokens = (result.tokens[0] ?? []).map(token => ({ text: token.content, style: typeof token.htmlStyle === 'object' ? token.htmlStyle : {} }))
    return { text, tokens, after: result.grammarState }
  }
  return {
    update(code) {
      const texts = code.split('\n')
      if (code.length > longestCode) return texts.map(text => [{ text, style: {} }])
      let same = 0
      while (same < known.length && same < texts.length && known[same]?.text === texts[same]) same++
      known = known.slice(0, same)
      for (const text of texts.slice(same)) known.push(readLine(text, known.at(-1)?.after))
      return known.map(line => line.tokens)
    },
  }
}
