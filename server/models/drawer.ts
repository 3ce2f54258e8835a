/** The model that makes pictures, as it is offered to people: one at most, the operator's or the demo's. */
import type { ImageModelV4 } from '@ai-sdk/provider'
import type { ModelInfo } from '../../shared/models.ts'

export interface Drawer {
  id: string
  image: ImageModelV4
  info(): Promise<ModelInfo>
}

export function openDrawer(configured: ImageModelV4 | null, demo: ImageModelV4 | null): Drawer | null {
  const image = configured ?? demo
  if (!image) return null
  const isDemo = configured === null
  const id = isDemo ? 'demo:picture' : `openai:${image.modelId}`
  return {
    id, image,
    info: async () => ({
      id, label: isDemo ? 'Parley demo pictures' : image.modelId, provider: isDemo ? 'demo' : 'openai', demo: isDemo, draws: true,
      // One that doesn't say is believed to edit: its provider knows better, and tells.
      accepts: { image: await image.supportsFileInputs !== false, audio: false, video: false, pdf: false },
      gives: { tools: false, reasoning: false, image: true, speech: false },
    }),
  }
}
