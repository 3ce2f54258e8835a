/**
 * A whole system in one thread, driven by a seed: one conversation, writers that die, a store that lags, a bus that
 * loses, doubles and reorders, clients whose lines are cut. Rows and deltas move only through the product's pure parts.
 */
import type { StoredDeltas } from '../../db/queries/deltas.ts'
import { hearDelta, lacksFrom, releaseHeld, takeChange, takeStored, type Told } from '../../server/live/told.ts'
import { assemble, closeParts, mergeChunks, textOf, type Chunk } from '../../shared/chunks.ts'
import { isOpen, type ConversationView, type MessageView } from '../../shared/conversation.ts'
import type { Delta, LiveEvent } from '../../shared/protocol.ts'
import { applyEvent, emptyConversation, positionOf, viewMessage, type ConversationState } from '../../utils/apply-event.ts'

const conversationId = '01900000-0000-7000-8000-000000000000'
export const replyId = '01900000-0000-7000-8000-000000000002'

/** Mulberry32: small, seeded, good enough to shuffle. */
function makeRandom(seed: number) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

interface Client {
  state: ConversationState
  /** The server's side of its connection; null while the line is cut. */
  told: Told | null
  line: LiveEvent[]
  /** What the catch-up under way has still to do. */
  reading: (() => void)[]
}

export interface Faults { lose: number, double: number, reorder: number, cut: number, kill: number }

// eslint-disable-next-line complexity -- one history, told from its beginning to its end
export function simulate(seed: number, faults: Faults) {
  const random = makeRandom(seed)
  const chance = (probability: number) => random() < probability
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!

  // --- the database -----------------------------------------------------------------------------------------------
  const conversation: ConversationView = {
    id: conversationId, title: null, model: 'demo:parley', instructions: null, activeMessageId: replyId,
    pinnedAt: null, archivedAt: null, seq: 1, createdAt: 0, updatedAt: 0, busy: true,
  }
  const row: MessageView = {
    id: replyId, conversationId, parentId: null, role: 'assistant', messageType: 'text', content: '', parts: [], media: [],
    status: 'waiting', attempt: 0, cursor: { epoch: 0, n: 0 }, model: 'demo:parley', usage: null, error: null, attempts: [],
    nextTryAt: null, position: null, seq: 1, createdAt: 0, finishedAt: null,
  }
  let epoch = 0
  let stored: StoredDeltas[] = []
  const readRow = (): MessageView => {
    if (!isOpen(row.status)) return { ...row }
    const mine = stored.filter(delta => delta.epoch === epoch)
    const { parts } = assemble(mine.flatMap(delta => delta.chunks))
    return { ...row, content: textOf(parts), parts, cursor: { epoch, n: mine.at(-1)?.upto ?? 0 } }
  }
  const change = (patch: Partial<MessageView>) => {
    conversation.seq += 1
    Object.assign(row, patch, { seq: conversation.seq })
    tellAll({ type: 'changed' })
  }

  // --- the bus and the clients ------------------------------------------------------------------------------------
  const clients: Client[] = Array.from({ length: 3 }, () => ({ state: emptyConversation(), told: null, line: [], reading: [] }))
  type News = { type: 'changed' } | { type: 'delta', delta: Delta }
  const onBus: { client: Client, told: Told, news: News }[] = []
  const tellAll = (news: News) => {
    for (const client of clients) {
      if (!client.told || chance(faults.lose)) continue
      const copies = chance(faults.double) ? 2 : 1
      for (let copy = 0; copy < copies; copy++) onBus.splice(chance(faults.reorder) ? Math.floor(random() * (onBus.length + 1)) : onBus.length, 0, { client, told: client.told, news })
    }
  }
  const readChanges = (client: Client, told: Told) => {
    const after = told.seq
    const messages = row.seq > after ? [readRow()] : []
    const event = takeChange(told, { type: 'conversation.changed', after, conversation: { ...conversation }, messages, whole: true })
    if (event) client.line.push(event)
  }
  const catchUp = (client: Client, told: Told, held: Delta[] = []) => {
    if (told.held) return
    told.held = held
    const look = () => {
      let found: { open: boolean, epoch: number }
      client.reading.push(() => readChanges(client, told), () => { found = { open: isOpen(row.status), epoch } }, () => {
        const { open, epoch } = found
        if (open) {
          const from = lacksFrom(told, replyId, epoch)
          const delta = takeStored(told, conversationId, { id: replyId, epoch, stored: from === null ? [] : stored.filter(one => one.epoch === epoch && one.upto >= from) })
          if (delta) client.line.push({ type: 'reply.delta', ...delta })
        }
        const { deltas, done } = releaseHeld(told, new Set(open ? [replyId] : []))
        for (const delta of deltas) client.line.push({ type: 'reply.delta', ...delta })
        if (!done) look()
      })
    }
    look()
  }
  const hear = (client: Client, told: Told, news: News) => {
    if (client.told !== told) return
    if (news.type === 'changed') { readChanges(client, told); return }
    const verdict = hearDelta(told, news.delta)
    if (verdict === 'pass') client.line.push({ type: 'reply.delta', ...news.delta })
    if (verdict === 'read') catchUp(client, told, [news.delta])
  }
  const connect = (client: Client) => {
    const { after, cursors } = positionOf(client.state)
    client.told = { seq: after, cursors: new Map(Object.entries(cursors)), held: null, overflowed: false }
    client.state = { ...client.state, needs: 'nothing' }
    client.line = []
    client.reading = []
    catchUp(client, client.told)
  }
  const receive = (client: Client) => {
    const event = client.line.shift()
    if (event) client.state = applyEvent(client.state, event)
    if (client.state.needs !== 'nothing') connect(client)
  }

  // --- the writer -------------------------------------------------------------------------------------------------
  /** A store of a writer that was killed, which lands when others have dropped what it had stored before. */
  let late: StoredDeltas[] = []
  let writer: { epoch: number, n: number, unstored: Chunk[][], chunks: Chunk[] } | null = null
  /** What a client at (epoch, n) must show: `published[epoch][n]`. */
  const published: string[][] = [['']]
  const claim = () => {
    epoch += 1
    published[epoch] = ['']
    writer = { epoch, n: 0, unstored: [], chunks: [] }
    stored = late
    late = []
    change({ status: 'writing', attempt: row.attempt + 1 })
  }
  const write = () => {
    if (!writer) return
    const chunks: Chunk[] = Array.from({ length: 1 + Math.floor(random() * 3) }, () =>
      ({ type: 'text-delta', id: 'a', delta: pick(['a', 'bc ', '😀', 'é', ' \n', `${writer?.epoch}.${writer?.n}`]) }))
    if (writer.n === 0) chunks.unshift({ type: 'text-start', id: 'a' })
    writer.n += 1
    writer.chunks.push(...chunks)
    writer.unstored.push(mergeChunks(chunks))
    published[epoch]?.push(`${published[epoch]?.at(-1)}${chunks.map(chunk => 'delta' in chunk ? chunk.delta : '').join('')}`)
    tellAll({ type: 'delta', delta: { conversationId, messageId: replyId, epoch: writer.epoch, n: writer.n, upto: writer.n, chunks: mergeChunks(chunks) } })
  }
  const takeUnstored = (): StoredDeltas[] => {
    if (!writer || writer.unstored.length === 0 || writer.epoch !== epoch) return []
    const { n, unstored } = writer
    writer.unstored = []
    return [{ messageId: replyId, epoch, n: n - unstored.length + 1, upto: n, chunks: unstored }]
  }
  const store = () => { stored.push(...takeUnstored()) }
  const finish = () => {
    if (!writer) return
    const parts = closeParts(assemble([writer.chunks]).parts)
    stored = []
    change({ status: 'done', parts, content: textOf(parts) })
    writer = null
  }

  // --- a history, then quiet --------------------------------------------------------------------------------------
  for (const client of clients) connect(client)
  const deliver = () => {
    const next = onBus.shift()
    if (next) hear(next.client, next.told, next.news)
  }
  const read = (client: Client) => client.reading.shift()?.()
  const turns: ((client: Client) => void)[] = [
    ...Array.from({ length: 5 }, () => write), store, ...Array.from({ length: 5 }, () => deliver),
    ...Array.from({ length: 4 }, () => read), ...Array.from({ length: 5 }, () => receive),
  ]
  const step = () => {
    const client = pick(clients)
    if (chance(faults.cut)) client.told = null
    else if (!client.told && chance(0.3)) connect(client)
    else pick(turns)(client)
    if (writer && chance(faults.kill)) { late = takeUnstored(); writer = null; change({ status: 'waiting' }) }
    if (!writer && chance(0.2)) claim()
  }
  const wrong: string[] = []
  const check = (client: Client, when: string) => {
    const view = viewMessage(client.state, replyId)
    if (!view || !isOpen(view.status)) return
    const { epoch: at, n } = view.cursor
    const expected = published[at]?.[n]
    if (view.content !== expected) wrong.push(`${when}: at (${at}, ${n}) shows ${JSON.stringify(view.content)}, not ${JSON.stringify(expected)}`)
  }
  const seen: string[] = []
  for (let count = 0; count < 400; count++) {
    step()
    for (const client of clients) check(client, `step ${count}`)
    seen.push(viewMessage(clients[0]!.state, replyId)?.content ?? '')
  }
  while (row.status !== 'done') { if (!writer) claim(); write(); finish() }
  // Every few seconds each process compares what its followers were told with the rows (server/live/fan-out.ts).
  for (let round = 0; round < 200; round++) {
    while (onBus.length > 0) deliver()
    for (const client of clients) {
      if (!client.told) connect(client)
      for (let reads = 0; reads < 5; reads++) client.reading.shift()?.()
      if (client.told && client.told.seq < conversation.seq) readChanges(client, client.told)
      while (client.line.length > 0) receive(client)
    }
  }
  return { truth: row, clients: clients.map(client => viewMessage(client.state, replyId)), epochs: epoch, seen, wrong }
}
