import type { ImageModelV4 } from '@ai-sdk/provider'
import { z } from 'zod'
import { AppError } from '../domain/errors.ts'
import { draw } from '../models/draw.ts'
import type { HistoryMedia, ReplyTool } from '../models/reply-run.ts'

const input = z.strictObject({
  prompt: z.string().min(1).max(4000).describe('What should become of the picture, in words.'),
  picture: z.string().min(1).max(255).optional().describe('Name of a picture in this conversation, or the mediaId a tool gave. The latest picture when left out.'),
})

/** The latest that answers to the name or id. @throws AppError `picture_not_found`, which tells the names there are */
function pick(pictures: readonly HistoryMedia[], wanted: string | undefined): HistoryMedia {
  const found = wanted === undefined ? pictures.at(-1) : pictures.findLast(picture => picture.id === wanted) ?? pictures.findLast(picture => picture.name === wanted)
  if (found) return found
  const names = [...new Set(pictures.map(picture => `“${picture.name}”`))].slice(-10)
  throw new AppError('picture_not_found', { details: { known: names.length ? `There are: ${names.join(', ')}.` : 'There are none yet.' } })
}

/** Makes another picture out of one of the conversation; that one stays as it is. */
export const editImage = (model: ImageModelV4, pictures: () => Promise<HistoryMedia[]>): ReplyTool => ({
  name: 'edit_image',
  description: 'Changes a picture of this conversation as described, and shows the result to the user. The original is kept.',
  inputSchema: input,
  effects: true,
  async run(value, { signal, saveMedia }) {
    const { prompt, picture } = input.parse(value)
    const edited = pick(await pictures(), picture)
    const mediaId = await saveMedia(await draw(model, { prompt, pictures: [edited], signal }))
    return { mediaId, edited: edited.name, shown: true }
  },
})
