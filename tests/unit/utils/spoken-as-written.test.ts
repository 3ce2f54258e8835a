import { describe, expect, it } from 'vitest'
import { spokenText } from '../../../shared/spoken-text.ts'
import { hasSentence, piecesAsWritten, settledText, wholeText, type Growing } from '../../../utils/spoken-as-written.ts'
import { randomFrom } from '../../support/random.ts'

const never = new AbortController().signal

/** A text that is written in these steps, each when what was there has been said. */
function written(steps: readonly string[]): Growing {
  let at = 0
  return { now: () => ({ text: steps[at] ?? '', whole: at === steps.length - 1 }), changed: async () => { at += 1 } }
}
const saidOf = async (growing: Growing) => Array.fromAsync(piecesAsWritten(growing, never))

const markdown = '# A heading\n\nThe first sentence stands here. See [the page. Or not](https://x.test/a.b) and `code. here` too. **Bold words end. Now** and so on.\n\n1. One thing that is said. Another.\n2. Two\n\n```js\nsecret(). all\n```\n\n| a | b. |\n|---|---|\n| 1 | 2. Three |\n\n~~Gone. Away~~ is this, e.g. 3.5 of it. $$x. y$$ Ends without a stop'

describe('a reply that is read while it is written', () => {
  it('is said by sentences, each as soon as it has ended', async () => {
    const text = 'The first sentence is there. The second one comes later. And a third'
    expect(hasSentence(text.slice(0, 27))).toBe(false)
    expect(hasSentence(text.slice(0, 29))).toBe(true)
    expect(await saidOf(written([text.slice(0, 29), text.slice(0, 40), text.slice(0, 60), text])))
      .toEqual(['The first sentence is there.', 'The second one comes later.', 'And a third'])
  })

  it('has the words of the whole, however it was written: none twice, none missing', async () => {
    const random = randomFrom(7)
    const words = (text: string) => text.split(/\s+/).join(' ')
    for (let time = 0; time < 300; time++) {
      const steps: string[] = []
      for (let end = 0; end < markdown.length;) steps.push(markdown.slice(0, end += random.whole(1, 30)))
      expect(words((await saidOf(written(steps))).join(' '))).toBe(words(spokenText(markdown)))
    }
  })

  it('waits for the end of what may still become a link, code, a formula or a table, and of an abbreviation', () => {
    for (const open of ['Please look at this [page here. Or ', 'And then there is `some code. And ', 'Then there is $$ some formula. And ', '| the cells of a table. | And ', 'It is e.g. '])
      expect(settledText(`Before.\n${open}`)).toBe('Before.\n')
  })

  it('is said from its beginning when another try wrote another text, and goes on when it wrote the same', async () => {
    const first = 'The first try wrote this sentence. And'
    expect(await saidOf(written([first, '', 'The first ', first, `${first} more.`]))).toEqual(['The first try wrote this sentence.', 'And more.'])
    expect(await saidOf(written([first, '', 'The second try wrote another sentence. ']))).toEqual(['The first try wrote this sentence.', 'The second try wrote another sentence.'])
  })

  it('is nothing without words, and comes in short pieces when it is there already', async () => {
    expect(await saidOf(wholeText('---\n\n![](x.png)'))).toEqual([])
    const pieces = await saidOf(wholeText('This is a sentence of some words that goes on for a while. '.repeat(50)))
    expect(pieces.every(piece => piece.length <= 220 && piece.endsWith('.'))).toBe(true)
  })
})
