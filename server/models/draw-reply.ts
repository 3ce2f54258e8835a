/** A reply that is a picture: asked for by the person, with no language model in between. */
import { ModelFault } from './fault.ts'
import { draw } from './draw.ts'
import { kinds } from './give-media.ts'
import type { OpenImageModel } from './registry.ts'
import type { HistoryMessage, ReplyResult, ReplyRun } from './reply-run.ts'

export type DrawRun = Pick<ReplyRun, 'history' | 'signal' | 'emit' | 'saveMedia' | 'beforeEffects'> & { model: OpenImageModel }

const nothing = { inputTokens: null, outputTokens: null, reasoningTokens: null, cachedInputTokens: null }
const wordsOf = ({ parts }: HistoryMessage) => parts.flatMap(part => part.type === 'text' ? [part.text] : []).join('\n').trim()

/** Draws what the last message says; its pictures are what is edited. @throws as `streamReply` does */
export async function drawReply({ model, history, signal, emit, saveMedia, beforeEffects }: DrawRun): Promise<ReplyResult> {
  signal.throwIfAborted()
  const asked = history.at(-1)
  const prompt = asked ? wordsOf(asked) : ''
  if (!asked || !prompt) throw new ModelFault('picture_not_described')
  const other = asked.media.find(media => media.type !== 'image' || !model.info.accepts.image)
  if (other) throw new ModelFault('model_input_refused', { details: { model: model.info.label, kind: kinds[other.type] } })
  emit({ type: 'start-step' })
  const late = AbortSignal.timeout(model.silenceMs)
  const drawn = await draw(model.image, { prompt, pictures: asked.media, signal: AbortSignal.any([signal, late]) }).catch((error: unknown) => {
    throw late.aborted && !signal.aborted ? new ModelFault('model_timed_out', { retryable: true }) : error
  })
  // From here on a second run would leave two pictures.
  await beforeEffects()
  const mediaId = await saveMedia(drawn)
  emit({ type: 'data-media', id: mediaId, data: { mediaId } })
  emit({ type: 'finish-step' })
  return { usage: nothing, mediaGiven: asked.media.map(({ id, name }) => ({ mediaId: id, name, how: 'natively' })), ended: 'complete' }
}
