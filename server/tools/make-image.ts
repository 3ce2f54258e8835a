import type { ImageModelV4 } from '@ai-sdk/provider'
import { z } from 'zod'
import { toModelFault } from '../models/fault.ts'
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
    const { generateImage } = await import('ai')
    const { image } = await generateImage({ model, prompt, maxRetries: 0, abortSignal: signal }).catch((error: unknown) => { throw signal.aborted ? error : toModelFault(error, model.modelId, false) })
    const mediaId = await saveMedia({ bytes: image.uint8Array, mime: image.mediaType, name: `picture.${image.mediaType.split('/')[1] ?? 'png'}` })
    return { mediaId, shown: true }
  },
})
