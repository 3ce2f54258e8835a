/** The tools a model may use while it writes. */
import type { ModelInfo } from '../../shared/models.ts'
import type { ReplyTool } from '../models/reply-run.ts'
import type { Services } from '../services.ts'
import { makeImage } from './make-image.ts'
import { makeSound } from './make-sound.ts'
import { whatTime } from './what-time.ts'

/** None for a model that can't call tools; else what the configured models make possible. */
export async function openTools(services: Pick<Services, 'models'>, { gives }: Pick<ModelInfo, 'gives'>): Promise<ReplyTool[]> {
  if (!gives.tools) return []
  const [image, speech] = await Promise.all([services.models.image(), services.models.speech()])
  return [whatTime(), ...(image ? [makeImage(image)] : []), ...(speech ? [makeSound(speech)] : [])]
}
