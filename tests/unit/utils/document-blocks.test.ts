import { expect, test } from 'vitest'
import { documentBlocks } from '../../../utils/document-blocks.ts'

test('a text has its headings, lists, tables and paragraphs', () => {
  expect(documentBlocks('# Title\nWords.\n\n## Part\n- one\n  - two\n\n- three\na\tb\nc\td\n\na tab\talone\n#no heading', false, 100).blocks).toEqual([
    { kind: 'heading', level: 1, text: 'Title' },
    { kind: 'text', text: 'Words.' },
    { kind: 'heading', level: 2, text: 'Part' },
    { kind: 'list', items: [{ text: 'one', level: 0 }, { text: 'two', level: 1 }] },
    { kind: 'list', items: [{ text: 'three', level: 0 }] },
    { kind: 'table', rows: [['a', 'b'], ['c', 'd']] },
    { kind: 'text', text: 'a tab\talone' },
    { kind: 'text', text: '#no heading' },
  ])
})

test('a book has a table for each sheet, under its name', () => {
  expect(documentBlocks('# One\na, b\t"c\n\n- d\n# Two\ne\n', true, 100).blocks).toEqual([
    { kind: 'heading', level: 1, text: 'One' },
    { kind: 'table', rows: [['a, b', '"c'], ['- d']] },
    { kind: 'heading', level: 1, text: 'Two' },
    { kind: 'table', rows: [['e']] },
  ])
})

test('of a long text there are its first lines, and a word about it', () => {
  expect(documentBlocks('a\nb\nc\n', false, 2)).toEqual({ blocks: [{ kind: 'text', text: 'a' }, { kind: 'text', text: 'b' }], more: true })
  expect(documentBlocks('a\nb\n\n', false, 2).more).toBe(false)
  expect(documentBlocks('', false, 2)).toEqual({ blocks: [], more: false })
})
