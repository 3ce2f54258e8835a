import type { MessageView } from '../shared/conversation.ts'

/** What a reply's state is, in words: `busy` moves, `quiet` rests, `problem` needs the reader. */
export interface ReplySentence {
  tone: 'busy' | 'quiet' | 'problem'
  text: string
}

const ordinals = ['Next', 'Second', 'Third', 'Fourth', 'Fifth', 'Sixth', 'Seventh', 'Eighth', 'Ninth', 'Tenth']

/** A place in the queue, from 1: "Third in line", "12th in line". */
export function placeInLine(position: number): string {
  const suffix = position % 100 >= 11 && position % 100 <= 13 ? 'th' : ['th', 'st', 'nd', 'rd'][position % 10] ?? 'th'
  return `${ordinals[position - 1] ?? `${position}${suffix}`} in line`
}

/** Seconds until a time, at least 0, rounded up. */
export const secondsUntil = (time: number, now: number): number => Math.max(0, Math.ceil((time - now) / 1000))

/** What the page around a reply knows. `now` is null while the page is drawn on the server. */
export interface ReplySurroundings {
  workers: number
  /** Files of the question that are still being read. */
  reading: { name: string, progress: number }[]
  now: number | null
  /** It is a picture that is being made. */
  draws?: boolean
}

function waitingSentence(message: MessageView, { workers, reading }: ReplySurroundings): string {
  if (workers === 0) return 'No worker is running, so nothing can be answered just now. Your message is kept and will be answered.'
  const [first] = reading
  if (first) return reading.length > 1 ? `Waiting for ${reading.length} files to be read` : `Waiting for “${first.name}” to be read${first.progress > 0 ? ` (${Math.round(first.progress)} %)` : ''}`
  return message.position ? placeInLine(message.position) : 'Waiting for its turn'
}

function retryingSentence(message: MessageView, now: number | null): string {
  const reason = message.error?.message ?? 'The last try failed.'
  const seconds = message.nextTryAt === null || now === null ? null : secondsUntil(message.nextTryAt, now)
  if (seconds === null) return `${reason} Trying again soon.`
  return seconds > 0 ? `${reason} Trying again in ${seconds} s.` : `${reason} Trying again now.`
}

function writingSentence(message: MessageView, draws: boolean): string {
  if (draws) return 'Making the picture…'
  const last = message.parts.findLast(part => part.type !== 'step-start')
  if (last?.type === 'text') return last.state === 'streaming' ? '' : 'Thinking…'
  if (last?.type === 'dynamic-tool' && last.state.startsWith('input')) return `Using ${last.toolName}…`
  // Reasoning says "Thinking…" at its own place.
  return last?.type === 'reasoning' && last.state === 'streaming' ? '' : 'Thinking…'
}

/** The sentence under a reply; null when it needs none. An empty text means that the text itself shows it. */
export function replySentence(message: MessageView, around: ReplySurroundings): ReplySentence | null {
  switch (message.status) {
    case 'waiting': return { tone: around.workers === 0 ? 'problem' : 'busy', text: waitingSentence(message, around) }
    case 'writing': return { tone: 'busy', text: writingSentence(message, around.draws ?? false) }
    case 'retrying': return { tone: 'busy', text: retryingSentence(message, around.now) }
    case 'stopped': return { tone: 'quiet', text: message.content ? 'Stopped here.' : 'Stopped before anything was written.' }
    case 'failed': return { tone: 'problem', text: message.error?.message ?? 'The reply failed, and nobody said why.' }
    case 'done': return message.parts.length === 0 ? { tone: 'quiet', text: 'The model ended without writing anything.' } : null
  }
}
