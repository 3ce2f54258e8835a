import type { SpeechModelV4 } from '@ai-sdk/provider'
import { z } from 'zod'
import { toModelFault } from '../models/fault.ts'
import type { ReplyTool } from '../models/reply-run.ts'

const input = z.strictObject({ text: z.string().min(1).max(4000).describe('What is said, word for word.') })
const endings: Record<string, string> = { 'audio/mpeg': 'mp3', 'audio/mp3': 'mp3', 'audio/wav': 'wav', 'audio/x-wav': 'wav', 'audio/ogg': 'ogg', 'audio/flac': 'flac', 'audio/aac': 'aac' }

/** Reads a text aloud and stores the sound with the reply. */
export const makeSound = (model: SpeechModelV4): ReplyTool => ({
  name: 'make_sound',
  description: 'Reads a text aloud: makes a sound file that the user can play.',
  inputSchema: input,
  effects: true,
  async run(value, { signal, saveMedia }) {
    const { text } = input.parse(value)
    const { generateSpeech } = await import('ai')
    const { audio } = await generateSpeech({ model, text, maxRetries: 0, abortSignal: signal }).catch((error: unknown) => { throw signal.aborted ? error : toModelFault(error, model.modelId, false) })
    const mediaId = await saveMedia({ bytes: audio.uint8Array, mime: audio.mediaType, name: `sound.${endings[audio.mediaType] ?? 'bin'}` })
    return { mediaId, playable: true }
  },
})
