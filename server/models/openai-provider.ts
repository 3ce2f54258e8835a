/**
 * `@ai-sdk/openai` makes a provider of its own while it is being loaded, from `OPENAI_BASE_URL`, and throws when that is
 * blank. Here a blank means "not set", so blanks go before it comes.
 */
import { forgetBlanks } from '../config.ts'

forgetBlanks()
export const { createOpenAI } = await import('@ai-sdk/openai')
