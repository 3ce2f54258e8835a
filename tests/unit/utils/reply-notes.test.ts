import { expect, test } from 'vitest'
import type { Attempt } from '../../../shared/conversation.ts'
import { replyNotes } from '../../../utils/reply-notes.ts'

const attempt = (change: Partial<Attempt>): Attempt => ({ attempt: 1, model: 'm', startedAt: 0, endedAt: 1, outcome: 'done', error: null, usage: null, ...change })

test('a complete reply without files needs no note', () => {
  expect(replyNotes(undefined, [])).toEqual([])
  expect(replyNotes(attempt({ ended: 'complete', mediaGiven: [] }), [])).toEqual([])
})

test('each file is named with the form the model got', () => {
  expect(replyNotes(attempt({ mediaGiven: [
    { mediaId: 'a', name: 'sea.png', how: 'natively' },
    { mediaId: 'b', name: 'talk.mp3', how: 'as transcript' },
    { mediaId: 'c', name: 'film.mp4', how: 'as frames', frames: 8 },
    { mediaId: 'd', name: 'list.csv', how: 'as text' },
    { mediaId: 'e', name: 'all.zip', how: 'left out' },
    { mediaId: 'old', name: 'earlier.png', how: 'natively' },
  ] }), ['a', 'b', 'c', 'd', 'e'])).toEqual(['The model was given “sea.png” as it is, “talk.mp3” as its transcript, “film.mp4” as 8 pictures of it, “list.csv” as its text, and “all.zip” not at all.'])
})

test('what cut a reply short is said', () => {
  expect(replyNotes(attempt({ ended: 'length' }), [])).toEqual(['The model came to its limit here, so this may stop in the middle.'])
  expect(replyNotes(attempt({ ended: 'filtered' }), [])).toEqual(['The provider’s filter ended the text here.'])
})
