/** A short title for a conversation, from its first exchange. */
import { ModelFault } from './fault.ts'
import { readStep } from './read-step.ts'
import type { OpenModel } from './registry.ts'

const maxLetters = 60

const request = `Write a title for this conversation: at most six words, in the language of the conversation, no quotes, no full stop, nothing else.`

/** What a model wrote, or a user, as a title: one line, no quotes, no Markdown, at most 60 letters, cut between words. */
export function cleanTitle(written: string): string {
  const line = written.replace(/<think>[\s\S]*?<\/think>/gi, '').split('\n').map(one => one.trim()).find(Boolean) ?? ''
  const bare = line.replace(/^(title|subject)\s*:\s*/i, '').replace(/[#*_`"“”„«»]+/g, '').replace(/\s+/g, ' ').replace(/^['‘’\s]+|['‘’\s.,;:]+$/g, '')
  const letters = [...bare]
  if (letters.length <= maxLetters) return bare
  const cut = letters.slice(0, maxLetters - 1).join('')
  return `${cut.includes(' ') ? cut.slice(0, cut.lastIndexOf(' ')) : cut}…`
}

/** The first words of what was asked, begun with a capital. */
export function titleFromWords(text: string): string {
  const title = cleanTitle(text.split(/\s+/).slice(0, 8).join(' '))
  const [first = '', ...rest] = [...title]
  return `${first.toUpperCase()}${rest.join('')}`
}

/**
 * Asks the model for a title. The demo model's follows from the words of the user.
 * @param exchange the user's first message and its answer; both are cut to what a title needs
 * @returns 1 to 60 letters; empty only when neither the model nor the user wrote a word
 */
export async function titleFor(model: OpenModel, exchange: { user: string, assistant: string }, signal: AbortSignal): Promise<string> {
  if (model.info.demo) return titleFromWords(exchange.user)
  let written = ''
  await readStep({
    model, signal,
    emit: (chunk) => { if (chunk.type === 'text-delta') written += chunk.delta },
    saveMedia: () => Promise.reject(new ModelFault('model_failed')),
  }, {
    prompt: [
      { role: 'system', content: request },
      { role: 'user', content: [{ type: 'text', text: `<conversation>\nUser: ${exchange.user.slice(0, 2000)}\n\nAssistant: ${exchange.assistant.slice(0, 2000)}\n</conversation>\n\n${request}` }] },
    ],
    ...(model.providerOptions ? { providerOptions: model.providerOptions } : {}),
  })
  return cleanTitle(written) || titleFromWords(exchange.user)
}
