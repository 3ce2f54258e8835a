/** The tools a model may use while it writes. */
import type { ModelInfo } from '../../shared/models.ts'
import type { HistoryMedia, ReplyTool } from '../models/reply-run.ts'
import type { Services } from '../services.ts'
import { editImage } from './edit-image.ts'
import { makeImage } from './make-image.ts'
import { makeSound } from './make-sound.ts'
import { whatTime } from './what-time.ts'

/**
 * None for a model that can't call tools; else what the configured models make possible.
 * @param pictures those of the conversation as they are when asked, in their order
 */
export async function openTools(services: Pick<Services, 'models'>, { gives }: Pick<ModelInfo, 'gives'>, pictures: () => Promise<HistoryMedia[]>): Promise<ReplyTool[]> {
  if (!gives.tools) return []
  const [image, speech] = await Promise.all([services.models.image(), services.models.speech()])
  const edits = image !== null && await image.supportsFileInputs !== false
  return [whatTime(), ...(image ? [makeImage(image)] : []), ...(image && edits ? [editImage(image, pictures)] : []), ...(speech ? [makeSound(speech)] : [])]
}
