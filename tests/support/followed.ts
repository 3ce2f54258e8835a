/** A message that was sent to a fleet, and those who follow its reply: what the kill tests and chaos judge. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Answer, ChangeCommand } from '../../shared/protocol.ts'
import { openSocket, watch, type Session, type Watcher } from './client.ts'
import { textOfScript, type Script } from './scripted-llm.ts'

export interface Followed {
  script: Script
  conversationId: string
  messageId: string
  replyId: string
  mediaIds: readonly string[]
  /** Somebody pressed stop. */
  stopped: boolean
  /** Its sender, at any web process that is up. */
  anywhere: () => Session
  watchers: Watcher[]
  /** What a follower saw that is no beginning of the right text, at any moment. */
  wrong: { how: 'lost' | 'doubled', text: string }[]
}

/** How a text that isn't `whole` or its beginning is wrong: tokens are numbered, so that what comes again is told from what is missing. */
export function howWrong(text: string, whole: string): 'lost' | 'doubled' {
  const numbers = [...text.matchAll(/(\d+):/g)].map(([, number]) => Number(number))
  const at = numbers.findIndex((number, index) => number !== index)
  if (at >= 0) return (numbers[at] ?? 0) < at ? 'doubled' : 'lost'
  return text.length > whole.length ? 'doubled' : 'lost'
}

/** Follows a reply over `lines` lines, and looks at its text at every step. */
export async function follow(anywhere: () => Session, lines: number, { conversationId, messageId, replyId, mediaIds }: Extract<ChangeCommand, { type: 'message.send' }>, script: Script): Promise<Followed> {
  const whole = textOfScript(script)
  const followed: Followed = { script, conversationId, messageId, replyId, mediaIds, stopped: false, anywhere, watchers: [], wrong: [] }
  followed.watchers = Array.from({ length: lines }, () => watch(anywhere(), conversationId, (watcher) => {
    const text = watcher.text(replyId)
    if (!whole.startsWith(text)) followed.wrong.push({ how: howWrong(text, whole), text })
  }))
  await Promise.all(followed.watchers.map(watcher => watcher.connect().catch(() => {})))
  return followed
}

/** Sends over whatever is up until there is an answer, as the page's outbox does. @throws Error after `withinMs`. */
export async function sendUntilAnswered(anywhere: () => Session, command: ChangeCommand, withinMs = 60_000): Promise<Answer> {
  const deadline = Date.now() + withinMs
  for (;;) {
    try {
      const socket = await openSocket(anywhere(), { keep: false })
      try { return await Promise.race([socket.change(command), pause(5000).then(() => { throw new Error('no answer') })]) }
      finally { socket.drop() }
    }
    catch (cause) {
      if (Date.now() > deadline) throw new Error(`${command.type} was not answered within ${withinMs} ms`, { cause })
      await pause(100)
    }
  }
}

/** Whether every follower has seen the end of the reply; those who have are let go. */
export function haveSeenTheEnd({ watchers, replyId }: Followed): boolean {
  const seen = watchers.filter(watcher => ['done', 'stopped', 'failed'].includes(watcher.message(replyId)?.status ?? ''))
  for (const watcher of seen) watcher.close()
  return seen.length === watchers.length
}
