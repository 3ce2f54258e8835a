import { z } from 'zod'

/** What a model can be given and can give. */
export const ModelInfo = z.object({
  /** `provider:model`, such as `openai:gpt-5` or `demo:parley`. */
  id: z.string(),
  label: z.string(),
  provider: z.string(),
  /** True for the built-in model that is no real one; the page says so wherever it speaks. */
  demo: z.boolean(),
  /** Makes pictures and nothing else. It is chosen for one message ("make a picture"), never for a conversation. */
  draws: z.boolean(),
  accepts: z.object({ image: z.boolean(), audio: z.boolean(), video: z.boolean(), pdf: z.boolean() }),
  gives: z.object({ tools: z.boolean(), reasoning: z.boolean(), image: z.boolean(), speech: z.boolean() }),
})
export type ModelInfo = z.infer<typeof ModelInfo>

/** What is on offer. `speech`: who reads replies aloud on the server; the demo voice is no voice one would choose. */
export const ModelsAnswer = z.object({ models: z.array(ModelInfo), defaultId: z.string(), speech: z.enum(['model', 'demo']).nullable() })
export type ModelsAnswer = z.infer<typeof ModelsAnswer>

/** Tokens of one finished reply, all steps together. */
export const Usage = z.object({
  inputTokens: z.number().nullable(),
  outputTokens: z.number().nullable(),
  reasoningTokens: z.number().nullable(),
  cachedInputTokens: z.number().nullable(),
})
export type Usage = z.infer<typeof Usage>

export const ModelId = z.string().min(1).max(200)
