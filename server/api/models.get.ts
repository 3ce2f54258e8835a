import { ModelsAnswer } from '../../shared/models.ts'
import { defineUserRoute } from '../utils/route.ts'

export default defineUserRoute({ summary: 'Models on offer', answer: ModelsAnswer }, async ({ services }) => {
  const [models, defaultId, voice] = await Promise.all([services.models.list(), services.models.defaultId(), services.models.speech()])
  return { models, defaultId, speech: voice && (voice.provider === 'demo' ? 'demo' : 'model') } satisfies ModelsAnswer
})
