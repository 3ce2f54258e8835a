/** A line to Postgres behind a relay that can fall silent, as a host does that is gone without a word. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { PostgresLine } from '../../db/postgres-line.ts'
import { collectLog } from '../support/log.ts'
import { createPostgres, type TestPostgres } from '../support/postgres.ts'
import { until } from '../support/until.ts'

let postgres: TestPostgres
let relay: Server
let url: string
let pairs: [Socket, Socket][] = []
const sockets = new Set<Socket>()
let line: PostgresLine | null = null

beforeAll(async () => {
  postgres = await createPostgres({ migrated: false })
  const target = new URL(postgres.url)
  relay = createServer((near) => {
    const far = connect(Number(target.port), target.hostname)
    pairs.push([near, far])
    sockets.add(near).add(far)
    for (const [from, to] of [[near, far], [far, near]] as const) {
      from.on('data', data => to.write(data)).on('error', () => {}).on('close', () => to.destroy())
    }
  })
  await new Promise<void>(resolve => relay.listen(0, '127.0.0.1', resolve))
  url = Object.assign(new URL(postgres.url), { port: String((relay.address() as AddressInfo).port) }).href
})
afterEach(async () => {
  await line?.close()
  line = null
  pairs = []
  for (const socket of sockets) socket.destroy()
  sockets.clear()
})
afterAll(async () => {
  await new Promise(resolve => relay.close(resolve))
  await postgres.drop()
})

/** Nothing passes any more, and nobody says so. */
const fallSilent = () => {
  for (const [near, far] of pairs) {
    near.removeAllListeners('data').pause()
    far.removeAllListeners('data').pause()
  }
  pairs = []
}

test('a peer that is gone without a word is noticed, what was asked is rejected, and the line comes back', async () => {
  const log = collectLog()
  const ups: boolean[] = []
  line = new PostgresLine({ url, name: 'line', log, beatMs: 50, silentMs: 200, onUp: first => ups.push(first) })
  await line.ready
  expect(await line.query('select 1 one')).toEqual([{ one: 1 }])
  fallSilent()
  await expect(line.query('select 2')).rejects.toThrow()
  await until(() => ups.length === 2)
  expect(ups).toEqual([true, false])
  expect(await line.query('select 3 three')).toEqual([{ three: 3 }])
  expect(log.said('a line to Postgres is down')).toHaveLength(1)
})

test('every new connection is set up before it is used, and notifications are heard on it', async () => {
  const heard: string[] = []
  line = new PostgresLine({ url, name: 'line', log: collectLog(), setUp: client => client.query('listen test'), onNotification: payload => heard.push(payload) })
  await line.ready
  for (const round of ['1', '2', '3']) {
    await line.query('select pg_notify($1, $2)', ['test', round])
    await until(() => heard.includes(round))
    for (const [near] of pairs.splice(0)) near.destroy()
    await until(() => line!.upSince === null)
    await until(() => line!.upSince !== null)
  }
  expect(heard).toEqual(['1', '2', '3'])
})

test('questions asked at the same time are answered each in its turn', async () => {
  line = new PostgresLine({ url, name: 'line', log: collectLog() })
  await line.ready
  const warnings: Error[] = []
  const warn = (warning: Error) => warnings.push(warning)
  process.on('warning', warn)
  const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => line!.query<{ n: number }>('select $1::int n', [n])))
  process.off('warning', warn)
  expect(answers.flat().map(({ n }) => n)).toEqual(Array.from({ length: 50 }, (_, n) => n))
  expect(warnings).toEqual([])
})

test('a line that is closed before it was ever up rests', async () => {
  const log = collectLog()
  const nowhere = new PostgresLine({ url: 'postgres://postgres@127.0.0.1:1/none', name: 'line', log })
  await until(() => log.said('a line to Postgres is down').length === 1)
  await expect(nowhere.query('select 1')).rejects.toThrow('down')
  await nowhere.close()
})
