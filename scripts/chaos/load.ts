/** The load: people who send without pause, with files, with pictures asked for, with faulty providers; who stop, and lose their lines. */
import { setTimeout as pause } from 'node:timers/promises'
import { newId } from '../../shared/ids.ts'
import { signInAsGuest, type Session } from '../../tests/support/client.ts'
import type { Fleet } from '../../tests/support/fleet.ts'
import { follow, haveSeenTheEnd, sendUntilAnswered, type Followed } from '../../tests/support/followed.ts'
import { scriptedSend } from '../../tests/support/live-settings.ts'
import type { Random } from '../../tests/support/random.ts'
import { picture } from '../../tests/support/samples.ts'
import type { Script } from '../../tests/support/scripted-llm.ts'
import { uploadPatiently } from '../../tests/support/upload.ts'

/** Replies of one person that may be open: the load must not outrun the machine. */
const mostOpen = 8

export interface Load {
  sent: Followed[]
  /** Sends no more; resolves when everything that was begun has been answered. */
  end(): Promise<void>
}

function scriptBy(random: Random): Script {
  const script: Script = { tokens: random.whole(30, 140), perSecond: random.pick([40, 60, 90]) }
  const fault = random.next()
  if (fault < 0.1) return { ...script, cutAfter: 15, times: 1 }
  if (fault < 0.2) return { ...script, status: 429, times: 1, retryAfter: 1 }
  if (fault < 0.3) return { ...script, firstAfterMs: random.whole(200, 1500) }
  return fault < 0.37 ? { ...script, draws: true } : script
}

export async function startLoad(fleet: Fleet, random: Random, people: number): Promise<Load> {
  const sent: Followed[] = []
  const guests = await Promise.all(Array.from({ length: people }, () => signInAsGuest(fleet.webs[0]?.url ?? '')))
  const webs = () => fleet.webs.filter(web => web.alive())
  const from = (guest: Session) => () => guest.at(random.pick(webs().length > 0 ? webs() : fleet.webs).url)
  let over = false

  async function sendOne(guest: Session, before: Followed | undefined): Promise<Followed> {
    const anywhere = from(guest)
    const mediaIds = random.chance(0.08) ? [await uploadPatiently(anywhere, await picture())] : []
    const { script, command } = scriptedSend(scriptBy(random), { mediaIds, ...(before && random.chance(0.3) ? { conversationId: before.conversationId } : {}) })
    const twice = random.chance(0.15)
    await Promise.all(Array.from({ length: twice ? 2 : 1 }, () => sendUntilAnswered(anywhere, command)))
    const one = await follow(anywhere, 2, command, script)
    sent.push(one)
    if (random.chance(0.08)) {
      await pause(random.whole(0, 1500))
      await sendUntilAnswered(anywhere, { type: 'reply.stop', id: newId(), conversationId: one.conversationId, messageId: one.replyId })
      one.stopped = true
    }
    return one
  }

  async function keepSending(guest: Session) {
    const mine: Followed[] = []
    while (!over) {
      if (mine.filter(one => !haveSeenTheEnd(one)).length >= mostOpen) await pause(100)
      else mine.push(await sendOne(guest, mine.at(-1)))
      await pause(random.whole(0, 400))
    }
  }

  /** Followers lose their lines all the time, and come back anywhere. One of the two never does by itself, like a page that is left open. */
  async function keepReconnecting() {
    while (!over) {
      await pause(150)
      const open = sent.filter(one => !haveSeenTheEnd(one))
      if (open.length === 0) continue
      const { watchers: [watcher], anywhere } = random.pick(open)
      watcher?.drop()
      await watcher?.connect(anywhere()).catch(() => {})
    }
  }

  const running = [...guests.map(keepSending), keepReconnecting()]
  return {
    sent,
    end: async () => {
      over = true
      await Promise.all(running)
    },
  }
}
