/**
 * One Postgres connection that is kept up: for listening, for publishing, and for being seen to live. It reconnects with
 * a back-off of half a second at most, and asks for a sign of life, because a peer that vanished without a word (host
 * gone, cable cut) would otherwise look like silence. Never give it a pooler's URL: LISTEN and `set` need a session.
 */
import { performance } from 'node:perf_hooks'
import pg from 'pg'

export interface LineOptions {
  url: string
  /** `application_name`: what pg_stat_activity shows. */
  name: string
  log: { warn(fields: object, message: string): void, info(fields: object, message: string): void }
  /** Said on every new connection before it counts as up. */
  setUp?: (client: pg.Client) => Promise<unknown>
  /** `first`: no connection before this one, and none failed. */
  onUp?: (first: boolean) => void
  onDown?: () => void
  onNotification?: (payload: string) => void
  /** How often a sign of life is asked for, and how long it may take. */
  beatMs?: number
  silentMs?: number
}

/** Makes the server notice a client that vanished: after 5 s of silence, 3 probes 2 s apart. */
const serverKeepalives = 'set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 2; set tcp_keepalives_count = 3'
const backOffMs = (failures: number) => Math.min(500, 25 * 2 ** failures) * (0.75 + Math.random() / 4)

export class PostgresLine {
  /** Resolves at the first connection. */
  readonly ready: Promise<void>
  /** `performance.now()` of the present connection; null while it is down. */
  upSince: number | null = null
  /** True when the present connection came after a failure or another connection: others may be reconnecting, too. */
  reconnected = false
  readonly #options: LineOptions
  #client: pg.Client | null = null
  #turns: Promise<unknown> = Promise.resolve()
  #failures = 0
  #closed = false
  #retry: NodeJS.Timeout | undefined
  #beat: NodeJS.Timeout | undefined
  #silence: NodeJS.Timeout | undefined
  #markReady: () => void = () => {}

  constructor(options: LineOptions) {
    this.#options = options
    this.ready = new Promise((resolve) => { this.#markReady = resolve })
    void this.#connect()
  }

  /** Rejects at once while the line is down, and when it is cut before the answer. A text with a `name` is prepared once for each connection. */
  async query<R extends pg.QueryResultRow>(text: string, values: unknown[] = [], name?: string): Promise<R[]> {
    const client = this.#client
    if (!client || this.upSince === null) throw new Error('The line to Postgres is down.')
    return (await this.#inTurn(client, () => client.query<R>({ text, values, name }))).rows
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#retry)
    this.#stopBeat()
    const client = this.#client
    this.#client = null
    this.upSince = null
    await client?.end().catch(() => {})
  }

  /** One statement at a time: pg's own queue is deprecated, and says so on stderr. */
  #inTurn<T>(client: pg.Client, work: () => Promise<T>): Promise<T> {
    const turn = this.#turns.then(() => {
      if (this.#client !== client) throw new Error('The line to Postgres was cut.')
      return work()
    })
    this.#turns = turn.catch(() => {})
    return turn
  }

  async #connect(): Promise<void> {
    const { url, name, setUp, onNotification } = this.#options
    const client = new pg.Client({ connectionString: url, application_name: name, keepAlive: true, connectionTimeoutMillis: 5000 })
    this.#client = client
    client.on('error', error => this.#lost(client, error))
    client.on('end', () => this.#lost(client, null))
    if (onNotification) client.on('notification', ({ payload = '' }) => onNotification(payload))
    try {
      await client.connect()
      await client.query(serverKeepalives)
      await setUp?.(client)
      if (this.#client === client) this.#up(client)
      else await client.end()
    }
    catch (error) { this.#lost(client, error) }
  }

  #up(client: pg.Client): void {
    const first = !this.reconnected
    this.upSince = performance.now()
    if (this.#failures > 0) this.#options.log.info({ line: this.#options.name }, 'a line to Postgres is up again')
    this.#failures = 0
    this.#stopBeat()
    this.#beat = setInterval(() => this.#askForLife(client), this.#options.beatMs ?? 2000)
    this.#markReady()
    this.#options.onUp?.(first)
  }

  #askForLife(client: pg.Client): void {
    if (this.#silence) return
    let answered = false
    // After a pause of this process the answer may be waiting to be read: reading comes before setImmediate.
    this.#silence = setTimeout(() => setImmediate(() => {
      if (!answered) this.#lost(client, new Error('No sign of life.'))
    }), this.#options.silentMs ?? 5000)
    const done = () => {
      answered = true
      clearTimeout(this.#silence)
      this.#silence = undefined
    }
    this.#inTurn(client, () => client.query('select 1')).then(done, done)
  }

  #stopBeat(): void {
    clearInterval(this.#beat)
    clearTimeout(this.#silence)
    this.#silence = undefined
  }

  #lost(client: pg.Client, error: unknown): void {
    if (this.#client !== client) return
    this.#client = null
    const wasUp = this.upSince !== null
    this.upSince = null
    this.reconnected = true
    this.#stopBeat()
    // Not end(): it would wait for a peer that may be gone.
    const { stream } = (client as unknown as { connection: { stream: { destroy(): void } } }).connection
    stream.destroy()
    if (this.#closed) return
    if (this.#failures === 0 || this.#failures % 20 === 0)
      this.#options.log.warn({ line: this.#options.name, err: error, failures: this.#failures }, 'a line to Postgres is down')
    this.#retry = setTimeout(() => void this.#connect(), wasUp ? 0 : backOffMs(this.#failures))
    this.#failures++
    if (wasUp) this.#options.onDown?.()
  }
}
