/** The list of conversations, in the groups people look for them. Pure. */
import type { ConversationView } from '../shared/conversation.ts'

export interface ConversationGroup { title: string, conversations: ConversationView[] }

/** Making a format costs a hundred times what using it does, and the server draws lists for many zones. */
const dayFormats = new Map<string, Intl.DateTimeFormat>()
function dayFormat(timeZone: string): Intl.DateTimeFormat {
  const known = dayFormats.get(timeZone)
  if (known) return known
  const made = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' })
  dayFormats.set(timeZone, made)
  return made
}

/** Days since the epoch, as they are counted in `timeZone`. */
function dayNumber(at: number, timeZone: string): number {
  const [year = 0, month = 1, day = 1] = dayFormat(timeZone).format(at).split('-').map(Number)
  return Date.UTC(year, month - 1, day) / 86_400_000
}

function titleOf(at: number, today: number, timeZone: string): string {
  const age = today - dayNumber(at, timeZone)
  if (age <= 0) return 'Today'
  if (age === 1) return 'Yesterday'
  if (age < 7) return 'Last seven days'
  if (age < 30) return 'Last thirty days'
  return new Intl.DateTimeFormat('en', { timeZone, month: 'long', year: 'numeric' }).format(at)
}

/** Pinned ones first (last pinned on top), then by the day of their last change, newest first. Archived ones are the caller's business. */
export function groupByDay(conversations: readonly ConversationView[], now: number, timeZone: string): ConversationGroup[] {
  const today = dayNumber(now, timeZone)
  const groups = new Map<string, ConversationView[]>()
  const pinned = conversations.filter(one => one.pinnedAt !== null).sort((a, b) => (b.pinnedAt ?? 0) - (a.pinnedAt ?? 0))
  if (pinned.length > 0) groups.set('Pinned', pinned)
  for (const one of conversations.filter(one => one.pinnedAt === null).sort((a, b) => b.updatedAt - a.updatedAt)) {
    const title = titleOf(one.updatedAt, today, timeZone)
    const group = groups.get(title)
    if (group) group.push(one)
    else groups.set(title, [one])
  }
  return [...groups].map(([title, conversations]) => ({ title, conversations }))
}
