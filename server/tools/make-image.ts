import type { ImageModelV4 } from '@ai-sdk/provider'
import { z } from 'zod'
import { draw } from '../models/draw.ts'
import type { ReplyTool } from '../models/reply-run.ts'

const input = z.strictObject({ prompt: z.string().min(1).max(4000).describe('What the picture shows, in words.') })

/** Draws a picture and stores it with the reply. The model is told the id of the file, never its bytes. */
export const makeImage = (model: ImageModelV4): ReplyTool => ({
  name: 'make_image',
  description: 'Makes a picture from a description and shows it to the user.',
  inputSchema: input,
  effects: true,
  async run(value, { signal, saveMedia }) {
    const { prompt } = input.parse(value)
    const mediaId = await saveMedia(await draw(model, { prompt, signal }))
    return { mediaId, shown: true }
  },
})
