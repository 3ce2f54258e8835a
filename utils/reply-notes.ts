import type { Attempt, MediaGiven } from '../shared/conversation.ts'

function wayOf({ how, frames }: MediaGiven): string {
  switch (how) {
    case 'natively': return 'as it is'
    case 'as transcript': return 'as its transcript'
    case 'as text': return 'as its text'
    case 'as frames': return frames === 1 ? 'as one picture of it' : frames ? `as ${frames} pictures of it` : 'as pictures of it'
    case 'left out': return 'not at all'
  }
}

const endings = {
  length: 'The model came to its limit here, so this may stop in the middle.',
  filtered: 'The provider’s filter ended the text here.',
} as const

/**
 * What else is worth knowing of a reply that has ended: how the files of its question (`mediaIds`) were given to the model,
 * and what cut it short. An attempt tells of all files of the history; the older ones were told of under their own reply.
 */
export function replyNotes(attempt: Attempt | undefined, mediaIds: readonly string[]): string[] {
  if (!attempt) return []
  const ending = attempt.ended && attempt.ended !== 'complete' ? [endings[attempt.ended]] : []
  const given = attempt.mediaGiven?.filter(file => mediaIds.includes(file.mediaId)).map(file => `“${file.name}” ${wayOf(file)}`) ?? []
  return given.length ? [...ending, `The model was given ${new Intl.ListFormat('en').format(given)}.`] : ending
}
