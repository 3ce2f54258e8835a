/** The tools a model called: input checked, run, and their output told to the page and to the model. */
import type { LanguageModelV4ToolCall, LanguageModelV4ToolResultPart } from '@ai-sdk/provider'
import { AppError } from '../domain/errors.ts'
import { toolOutput } from './prompt.ts'
import type { ReplyRun } from './reply-run.ts'

/** Letters of a tool's output that go back to the model; the page gets the same. */
const maxOutputLetters = 100_000

const failed = (message: string) => ({ ok: false as const, message })

function inputOf(call: LanguageModelV4ToolCall): { ok: true, input: unknown } | { ok: false, message: string } {
  try {
    return { ok: true, input: JSON.parse(call.input.trim() || '{}') as unknown }
  }
  catch {
    return failed('The input is not JSON.')
  }
}

/** Checks and runs one call. Only an abort, or a refusal of `beforeEffects`, is thrown; everything else is told to the model. */
async function outcomeOf(run: ReplyRun, call: LanguageModelV4ToolCall, input: unknown): Promise<{ ok: true, output: unknown } | { ok: false, message: string }> {
  const tool = run.tools.find(one => one.name === call.toolName)
  if (!tool) return failed(`There is no tool called ${call.toolName}.`)
  const checked = tool.inputSchema.safeParse(input)
  if (!checked.success) return failed(`The input is not right: ${checked.error.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`).join('; ')}`)
  if (tool.effects) await run.beforeEffects()
  run.signal.throwIfAborted()
  const saveMedia: ReplyRun['saveMedia'] = async (file) => {
    const mediaId = await run.saveMedia(file)
    run.emit({ type: 'data-media', id: mediaId, data: { mediaId } })
    return mediaId
  }
  try {
    const output = await tool.run(checked.data, { signal: run.signal, saveMedia })
    const letters = JSON.stringify(output ?? null).length
    return letters > maxOutputLetters ? failed(`The output is too long (${letters} letters).`) : { ok: true, output: output ?? null }
  }
  catch (error) {
    if (run.signal.aborted) throw run.signal.reason
    // What an unforeseen error says may be of the inside of this server.
    return failed(error instanceof AppError ? error.message : 'The tool failed.')
  }
}

async function runCall(run: ReplyRun, call: LanguageModelV4ToolCall): Promise<{ input: unknown, result: LanguageModelV4ToolResultPart }> {
  const parsed = inputOf(call)
  const { toolCallId, toolName } = call
  const input = parsed.ok ? parsed.input : call.input
  run.emit({ type: 'tool-input-available', toolCallId, toolName, input, dynamic: true })
  const outcome = parsed.ok ? await outcomeOf(run, call, parsed.input) : parsed
  if (outcome.ok) run.emit({ type: 'tool-output-available', toolCallId, output: outcome.output, dynamic: true })
  else run.emit({ type: 'tool-output-error', toolCallId, errorText: outcome.message, dynamic: true })
  const output: LanguageModelV4ToolResultPart['output'] = outcome.ok ? toolOutput(outcome.output) : { type: 'error-text', value: outcome.message }
  // The prompt needs an object as input even where the model wrote none.
  return { input: parsed.ok ? parsed.input : {}, result: { type: 'tool-result', toolCallId, toolName, output } }
}

/** Runs a step's calls one after another, in the model's order: what one makes is there when the next runs. */
export async function runTools(run: ReplyRun, calls: readonly LanguageModelV4ToolCall[]) {
  const outcomes: { call: LanguageModelV4ToolCall, input: unknown, result: LanguageModelV4ToolResultPart }[] = []
  for (const call of calls) outcomes.push({ call, ...await runCall(run, call) })
  return outcomes
}
