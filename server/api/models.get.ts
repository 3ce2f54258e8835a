import { z } from 'zod'
import { ModelInfo } from '../../shared/models.ts'
import { defineUserRoute } from '../utils/route.ts'

export default defineUserRoute({ summary: 'Models on offer', answer: z.object({ models: z.array(ModelInfo), defaultId: z.string() }) }, async ({ services }) => {
  const [models, defaultId] = await Promise.all([services.models.list(), services.models.defaultId()])
  return { models, defaultId }
})
