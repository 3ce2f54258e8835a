/** Writes one reply: calls the model, runs the tools it asks for, and calls it again, until it has nothing more to ask. */
import type { JSONSchema7, LanguageModelV4CallOptions, LanguageModelV4FunctionTool, LanguageModelV4Message, LanguageModelV4Usage } from '@ai-sdk/provider'
import { z } from 'zod'
import type { Usage } from '../../shared/models.ts'
import { buildPrompt } from './prompt.ts'
import { readStep, type StepResult } from './read-step.ts'
import type { ReplyResult, ReplyRun, ReplyTool } from './reply-run.ts'
import { runTools } from './run-tools.ts'

export const maxSteps = 8

const describe = (tool: ReplyTool): LanguageModelV4FunctionTool => ({
  type: 'function',
  name: tool.name,
  description: tool.description,
  inputSchema: z.toJSONSchema(tool.inputSchema, { target: 'draft-7', io: 'input' }) as JSONSchema7,
})

const nothing: Usage = { inputTokens: null, outputTokens: null, reasoningTokens: null, cachedInputTokens: null }

const sum = (before: number | null, now: number | undefined) => now === undefined ? before : (before ?? 0) + now

const add = (before: Usage, { inputTokens, outputTokens }: LanguageModelV4Usage): Usage => ({
  inputTokens: sum(before.inputTokens, inputTokens.total),
  outputTokens: sum(before.outputTokens, outputTokens.total),
  reasoningTokens: sum(before.reasoningTokens, outputTokens.reasoning),
  cachedInputTokens: sum(before.cachedInputTokens, inputTokens.cacheRead),
})

/** The last step is called without a choice to use tools, so that it ends in words. */
function callOf({ model }: ReplyRun, prompt: LanguageModelV4Message[], tools: LanguageModelV4FunctionTool[], step: number): LanguageModelV4CallOptions {
  const call = { prompt, ...(model.providerOptions ? { providerOptions: model.providerOptions } : {}) }
  return tools.length ? { ...call, tools, toolChoice: { type: step === maxSteps ? 'none' : 'auto' } } : call
}

function messagesOf(step: StepResult, outcomes: Awaited<ReturnType<typeof runTools>>): LanguageModelV4Message[] {
  return [
    {
      role: 'assistant',
      content: [
        ...step.said.filter(block => block.type === 'reasoning' || block.text),
        ...outcomes.map(({ call, input }) => ({
          type: 'tool-call' as const, toolCallId: call.toolCallId, toolName: call.toolName, input,
          // Some providers sign their calls and want the signature back.
          ...(call.providerMetadata ? { providerOptions: call.providerMetadata } : {}),
        })),
      ],
    },
    { role: 'tool', content: outcomes.map(({ result }) => result) },
  ]
}

const endings: Partial<Record<StepResult['finish']['unified'], ReplyResult['ended']>> = { 'length': 'length', 'content-filter': 'filtered' }

/**
 * Streams the reply to `run.history` through `run.emit`. Tries nothing twice: retries are the caller's, who keeps
 * count of them where a crash can't lose it.
 * @throws ModelFault for every failure of the model; `run.signal.reason`, as it is, when the signal fired
 */
export async function streamReply(run: ReplyRun): Promise<ReplyResult> {
  run.signal.throwIfAborted()
  const { prompt, mediaGiven } = await buildPrompt({ info: run.model.info, instructions: run.instructions, history: run.history })
  run.signal.throwIfAborted()
  const tools = run.model.info.gives.tools ? run.tools.map(describe) : []
  const messages: LanguageModelV4Message[] = [...prompt]
  let usage = nothing
  for (let step = 1; ; step++) {
    run.emit({ type: 'start-step' })
    const result = await readStep(run, callOf(run, messages, tools, step))
    usage = add(usage, result.usage)
    const outcomes = await runTools(run, step < maxSteps ? result.toolCalls : [])
    run.emit({ type: 'finish-step' })
    if (!outcomes.length) return { usage, mediaGiven, ended: endings[result.finish.unified] ?? 'complete' }
    messages.push(...messagesOf(result, outcomes))
  }
}
