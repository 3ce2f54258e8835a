/** Our rows → the prompt of a language model (AI SDK provider specification, v4). */
import type { JSONValue, LanguageModelV4Message, LanguageModelV4Prompt, LanguageModelV4ToolCallPart, LanguageModelV4ToolResultPart } from '@ai-sdk/provider'
import type { Part, MediaGiven } from '../../shared/conversation.ts'
import type { ModelInfo } from '../../shared/models.ts'
import { giveMedia, wholeRoom, type Room, type UserPart } from './give-media.ts'
import type { HistoryMessage } from './reply-run.ts'

type ToolPart = Extract<Part, { type: 'dynamic-tool' }>

export interface BuiltPrompt {
  prompt: LanguageModelV4Prompt
  mediaGiven: MediaGiven[]
}

export const toolOutput = (value: unknown): LanguageModelV4ToolResultPart['output'] =>
  typeof value === 'string' ? { type: 'text', value } : { type: 'json', value: (value ?? null) as JSONValue }

function toolPair(part: ToolPart): { call: LanguageModelV4ToolCallPart, result: LanguageModelV4ToolResultPart } {
  const named = { toolCallId: part.toolCallId, toolName: part.toolName }
  return {
    call: { type: 'tool-call', ...named, input: part.input ?? {} },
    result: {
      type: 'tool-result', ...named,
      output: part.state === 'output-available' ? toolOutput(part.output) : { type: 'error-text', value: part.errorText ?? 'It did not finish.' },
    },
  }
}

const toolInWords = (part: ToolPart) =>
  `[The tool ${part.toolName} was used: ${JSON.stringify(part.state === 'output-available' ? part.output ?? null : { error: part.errorText ?? 'It did not finish.' })}]`

/** Steps become one assistant message each, followed by the results of its tools, as they were said at the time. */
function fromAssistant(message: HistoryMessage, info: ModelInfo): LanguageModelV4Message[] {
  const messages: LanguageModelV4Message[] = []
  let said: Extract<LanguageModelV4Message, { role: 'assistant' }>['content'] = []
  let results: LanguageModelV4ToolResultPart[] = []
  const endStep = () => {
    if (said.length) messages.push({ role: 'assistant', content: said })
    if (results.length) messages.push({ role: 'tool', content: results })
    said = []
    results = []
  }
  for (const part of message.parts) {
    if (part.type === 'step-start') endStep()
    else if (part.type === 'text' && part.text) {
      if (results.length) endStep()
      said.push({ type: 'text', text: part.text })
    }
    else if (part.type === 'data-media') {
      const media = message.media.find(one => one.id === part.data.mediaId)
      if (media) said.push({ type: 'text', text: `[You made a file here: "${media.name}" (${media.mime})]` })
    }
    else if (part.type === 'dynamic-tool') {
      if (!info.gives.tools) { said.push({ type: 'text', text: toolInWords(part) }); continue }
      const { call, result } = toolPair(part)
      said.push(call)
      results.push(result)
    }
  }
  endStep()
  return messages
}

/** Files come before the words, so that the user's words are what the model read last. */
async function fromUser(message: HistoryMessage, info: ModelInfo, room: Room, needed: boolean): Promise<{ message: LanguageModelV4Message | null, given: MediaGiven[] }> {
  const content: UserPart[] = []
  const given: MediaGiven[] = []
  for (const media of message.media) {
    const one = await giveMedia(media, info, room, needed)
    content.push(...one.parts)
    given.push(one.given)
  }
  for (const part of message.parts) if (part.type === 'text' && part.text) content.push({ type: 'text', text: part.text })
  return { message: content.length ? { role: 'user', content } : null, given }
}

/**
 * Builds the prompt. Room for files is given to the newest messages first; what no longer fits is named in words.
 * @throws ModelFault `model_input_refused` when the message to answer holds something this model can't be given
 */
export async function buildPrompt(input: { info: ModelInfo, instructions: string | null, history: HistoryMessage[] }): Promise<BuiltPrompt> {
  const { info, instructions, history } = input
  const room = wholeRoom()
  const answered = history.findLastIndex(message => message.role === 'user')
  const turns: LanguageModelV4Message[][] = []
  const given: MediaGiven[][] = []
  for (const [at, message] of [...history.entries()].reverse()) {
    if (message.role === 'assistant') { turns.unshift(fromAssistant(message, info)); continue }
    const turn = await fromUser(message, info, room, at === answered)
    if (turn.message) turns.unshift([turn.message])
    given.unshift(turn.given)
  }
  const system: LanguageModelV4Message[] = instructions?.trim() ? [{ role: 'system', content: instructions }] : []
  return { prompt: [...system, ...turns.flat()], mediaGiven: given.flat() }
}
