/**
 * The bus of a fleet: NOTIFY to publish, LISTEN to hear, on one connection of its own. A process tells its own
 * listeners at once and passes over its own notifications: no round trip, and it goes on while Postgres is away. What is
 * published while a statement is under way goes with the next one, in order. See docs/decisions/0008-bus.md.
 */
import { randomBytes } from 'node:crypto'
import { PostgresLine } from '../../db/postgres-line.ts'
import type { Log } from '../log.ts'
import type { Bus, News } from './bus.ts'
import { openHub, type Hub } from './hub.ts'
import { gapPayload, Parts, publisherOf, readPayload, toPayloads } from './news-wire.ts'

export interface PostgresBusOptions {
  /** A direct URL, never a pooler's: LISTEN needs a session of its own. */
  url: string
  log: Log
}

/** What all processes listen to. */
export const channel = 'parley'

const notify = `select pg_notify('${channel}', payload) from unnest($1::text[]) payload`

/** Sends payloads in order, all that wait in one statement; tells the others when some were lost. */
class Sender {
  readonly #line: PostgresLine
  readonly #log: Log
  readonly #gap: string
  #waiting: { payloads: string[], sent: () => void }[] = []
  #sending = false
  #lost = 0

  constructor(line: PostgresLine, log: Log, publisher: string) {
    this.#line = line
    this.#log = log
    this.#gap = gapPayload(publisher)
  }

  /** Says what was lost while the line was down. */
  tellLoss(): void {
    if (this.#lost > 0) void this.send([])
  }

  /** Resolves when they have left, or are lost. */
  send(payloads: string[]): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ payloads, sent: resolve })
      if (!this.#sending) void this.#sendAll()
    })
  }

  async #sendAll(): Promise<void> {
    this.#sending = true
    // What is published within the same turn goes together.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0)
      await this.#sendBatch(batch.flatMap(({ payloads }) => payloads))
      for (const { sent } of batch) sent()
    }
    this.#sending = false
  }

  async #sendBatch(payloads: string[]): Promise<void> {
    const owed = this.#lost
    try {
      if (owed > 0) payloads.unshift(this.#gap)
      if (payloads.length > 0) await this.#line.query(notify, [payloads], 'notify')
      this.#lost -= owed
    }
    catch (err) {
      if (this.#lost === 0) this.#log.warn({ err, payloads: payloads.length }, 'news could not be published')
      this.#lost += payloads.length
    }
  }
}

/** What to do with a payload heard: others' news is delivered, our own was already. */
function makeReceiver(hub: Hub, publisher: string, log: Log): { hear: (payload: string) => void, forget: () => void } {
  const parts = new Parts()
  const hear = (payload: string): void => {
    if (publisherOf(payload) === publisher) return
    try {
      const wired = readPayload(payload)
      if (wired.kind === 'news') hub.deliver(wired.news)
      else if (wired.kind === 'gap') hub.gap()
      else {
        const whole = parts.add(wired)
        if (whole !== null) hear(whole)
      }
    }
    catch (err) { log.warn({ err, bytes: payload.length }, 'something on the bus could not be read') }
  }
  return { hear, forget: () => parts.clear() }
}

export function openPostgresBus({ url, log }: PostgresBusOptions): Bus {
  // 22 letters, as publisherLength says.
  const publisher = randomBytes(11).toString('hex')
  const hub = openHub(log)
  const receiver = makeReceiver(hub, publisher, log)
  let listened = false
  const line: PostgresLine = new PostgresLine({
    url, log, name: 'parley-bus',
    // News is no truth: no commit of it needs to wait for the disk.
    setUp: client => client.query(`set synchronous_commit = off; listen ${channel}`),
    onNotification: receiver.hear,
    onUp: () => {
      receiver.forget()
      if (listened) hub.gap()
      listened = true
      sender.tellLoss()
    },
  })
  const sender = new Sender(line, log, publisher)
  let closed = false
  return {
    async publish(news: News) {
      if (closed) return
      hub.deliver(news)
      const payloads = toPayloads(publisher, news)
      if (payloads.length > 0) await sender.send(payloads)
      else log.warn({ type: news.type }, 'news is too large for the bus; followers read it from the store')
    },
    subscribe: hub.subscribe,
    onGap: hub.onGap,
    ready: line.ready,
    async close() {
      closed = true
      hub.clear()
      await line.close()
    },
  }
}
