import { expect, test } from 'vitest'
import { isLargeDiagram, mayBeDrawn } from '../../../utils/diagram-source.ts'
import { hostOf, safeLink } from '../../../utils/safe-url.ts'
import { decodeThumbHash, thumbSide } from '../../../utils/thumb-hash.ts'
import { cueAt, sayTime, toVtt } from '../../../utils/transcript.ts'

test.each(['https://example.org/a?b=c', 'http://example.org', 'mailto:a@example.org'])('%s may be linked', href => expect(safeLink(href)).not.toBeNull())

test.each([
  'javascript:alert(1)', ' javascript:alert(1)', 'java\tscript:alert(1)', 'JAVASCRIPT:alert(1)', 'data:text/html,x', 'blob:https://a/b', 'vbscript:x', 'file:///etc/passwd',
  '/settings', '//evil.example', 'settings', '#a', '', 'https://', null, undefined, 7, {},
])('%s may not be linked', href => expect(safeLink(href)).toBeNull())

test('the host is what the browser would go to, not what the address looks like', () => {
  expect(hostOf('https://google.com@evil.example/x')).toBe('evil.example')
})

test.each([
  'graph TD; A-->B', 'sequenceDiagram\n A->>B: Hi', 'pie title Pets\n "Dogs" : 3', 'flowchart LR\n A@{ shape: rect, label: "x" }', 'graph TD\n style A fill:#f9f',
])('a plain diagram may be drawn: %s', source => expect(mayBeDrawn(source)).toBe(true))

test.each([
  'flowchart TD\nA@{ img: "https://evil.example/x.png" }', 'flowchart TD\nA@{ "i\\u006dg": "x" }', 'flowchart TD\nA@{ img: "x.png" }', '%%{init: {"themeCSS": "x"}}%%\ngraph TD; A', '---\nconfig:\n  theme: x\n---\ngraph TD; A',
  'graph TD; A["<img src=x>"]', 'graph TD\nstyle A fill:url(x)', 'graph TD\nstyle A fill:u\\rl(x)', 'graph TD\nclassDef a background:image-set("x")', 'graph TD; click A href "x"', 'graph TD; A-->B //x', '', 'x'.repeat(20_001),
])('a diagram that could load something may not: %s', source => expect(mayBeDrawn(source)).toBe(false))

const steps = (n: number) => Array.from({ length: n }, (_, at) => `  s${at}[Step ${at}] -->|then| s${at + 1}`).join('\n')
test.each([
  `flowchart TD\n${steps(40)}`, 'flowchart TD\n a & b --> c & d', `sequenceDiagram\n${'  A->>B: and on\n'.repeat(50)}`,
])('a diagram of a usual size is drawn at once', source => expect(isLargeDiagram(source)).toBe(false))

test.each([
  `flowchart TD\n${steps(300)}`, `graph TD;${'a-->b;'.repeat(100)}`, `flowchart TD\n ${'a & b & c & d & e & f & g & h'} --> ${'i & j & k & l & m & n & o & p'}`, `flowchart TD\n${Array.from({ length: 90 }, (_, at) => `n${at}`).join(' --> ')}`,
])('one that would hold up the page is drawn on request', source => expect(isLargeDiagram(source)).toBe(true))

test.each([
  'gantt\n A :a1, 2024-01-01, 30d', 'gantt\n tickInterval 1week\n A :a1, 2024-01-01, 90d', 'gantt\n excludes weekends\n A :a1, 2024-01-01, 2025-03-01', 'gantt\n A :a1, 1900-01-01, 2900-01-01',
])('a calendar that ends may be drawn: %s', source => expect(mayBeDrawn(source)).toBe(true))

test.each([
  'gantt\n tickInterval 1millisecond\n A :a1, 2024-01-01, 3d', 'gantt\n TICKINTERVAL 1second\n A :a1, 2024-01-01, 3d', 'gantt\n tickInterval 1day\n A :a1, 1900-01-01, 2900-01-01', 'gantt\n tickInterval 1week\n A :a1, 2024-01-01, 999999d',
  'gantt\n excludes weekends\n A :a1, 0001-01-01, 9999-12-31', 'gantt\n excludes monday\n A :a1, 2024-01-01, 9000y', 'gantt\n dateFormat X\n tickInterval 1day\n A :a1, 1, 99999999999',
])('a calendar that never ends may not: %s', source => expect(mayBeDrawn(source)).toBe(false))

test('captions cannot be broken out of', () => {
  expect(toVtt([{ fromMs: 0, toMs: 1500, text: 'a\n\n00:00:09.000 --> 00:00:10.000\n<b>x</b>' }, { fromMs: 3_661_001, toMs: 3_661_001, text: 'b' }]))
    .toBe('WEBVTT\n\n00:00:00.000 --> 00:00:01.500\na 00:00:09.000 --&gt; 00:00:10.000 &lt;b&gt;x&lt;/b&gt;\n\n01:01:01.001 --> 01:01:01.002\nb\n')
})

test('the stretch that is spoken is the last one begun', () => {
  const cues = [{ fromMs: 100, toMs: 200, text: 'a' }, { fromMs: 300, toMs: 400, text: 'b' }]
  expect([0, 100, 250, 300, 9999].map(ms => cueAt(cues, ms))).toEqual([-1, 0, 0, 1, 1])
})

test('times are said shortly', () => expect([0, 5, 65, 3723, Number.NaN, Number.POSITIVE_INFINITY].map(sayTime)).toEqual(['0:00', '0:05', '1:05', '1:02:03', '0:00', '0:00']))

test('a placeholder is decoded to pixels, and nonsense to none', () => {
  const pixels = decodeThumbHash('1QcSHQRnh493V4dIh4eXh1h4kJUI')
  expect(pixels?.length).toBe(thumbSide * thumbSide * 4)
  expect(new Set(pixels).size).toBeGreaterThan(10)
  for (const bad of ['', '!!', 'AA==', 'A'.repeat(400)]) expect(decodeThumbHash(bad)).toBeNull()
})
