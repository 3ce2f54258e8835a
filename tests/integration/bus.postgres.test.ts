import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Bus } from '../../server/bus/bus.ts'
import { openPostgresBus } from '../../server/bus/postgres.ts'
import { newId } from '../../shared/ids.ts'
import { busContract, deltaOf, deltasOf, listen } from '../contract/bus.ts'
import { collectLog, type CollectedLog } from '../support/log.ts'
import { createPostgres, launch, type LaunchedPostgres } from '../support/postgres.ts'
import { until } from '../support/until.ts'

busContract(async () => {
  const { url, drop } = await createPostgres({ migrated: false })
  return { open: log => openPostgresBus({ url, log }), remove: drop }
})

describe('when the line is cut', () => {
  let server: LaunchedPostgres
  let pool: pg.Pool
  let log: CollectedLog
  let buses: Bus[] = []
  beforeAll(async () => {
    server = await launch()
    pool = new pg.Pool({ connectionString: server.url, max: 1 })
    pool.on('error', () => {})
  })
  afterEach(async () => {
    await Promise.all(buses.map(bus => bus.close()))
    buses = []
  })
  afterAll(async () => {
    await pool.end()
    await server.end()
  })
  /** `log` is what `here` says. */
  const openTwo = async () => {
    log = collectLog()
    buses = [openPostgresBus({ url: server.url, log }), openPostgresBus({ url: server.url, log: collectLog() })]
    await Promise.all(buses.map(bus => bus.ready))
    const gaps = [0, 0]
    buses.forEach((bus, i) => bus.onGap(() => { gaps[i]!++ }))
    return { here: buses[0]!, there: buses[1]!, gaps }
  }
  const lines = async () => (await pool.query<{ pid: number }>(`select pid from pg_stat_activity where application_name = 'parley-bus' order by backend_start`)).rows.map(({ pid }) => pid)
  const cut = (pids: number[]) => pool.query('select pg_terminate_backend(pid) from unnest($1::int[]) pid', [pids])

  test('a listener that was cut off is told of a gap, and then hears again', async () => {
    const { here, there, gaps } = await openTwo()
    const heard = listen(there)
    const since = performance.now()
    await cut(await lines())
    await until(() => gaps[0] === 1 && gaps[1] === 1)
    console.info(`LISTEN is back after ${(performance.now() - since).toFixed(0)} ms`)
    await here.publish({ type: 'workers' })
    await until(() => heard.length === 1)
    expect(gaps).toEqual([1, 1])
  })

  test('a restart of Postgres harms no publisher: its own listeners go on, and all re-read when it is back', async () => {
    const { here, there, gaps } = await openTwo()
    const [own, others] = [listen(here), listen(there)]
    const id = newId()
    const restarted = server.restart('SIGQUIT', 1000)
    await until(() => log.said('a line to Postgres is down').length === 1)
    for (let n = 1; n <= 100; n++) await here.publish({ type: 'deltas', deltas: [deltaOf(id, n, 'x')] })
    expect(deltasOf(own)).toHaveLength(100)
    expect(log.said('news could not be published')).toHaveLength(1)
    await restarted
    await until(() => gaps[0]! >= 1 && gaps[1]! >= 1)
    // Whoever came back first, `there` re-reads once more when it is told of the loss.
    await until(async () => {
      await here.publish({ type: 'queue', model: 'again' })
      return others.some(({ type }) => type === 'queue')
    })
    expect(deltasOf(others)).toEqual([])
  })

  test('when only the publisher was cut off, the others learn that they missed something', async () => {
    log = collectLog()
    const here = openPostgresBus({ url: server.url, log })
    await here.ready
    const [mine] = await lines()
    const there = openPostgresBus({ url: server.url, log: collectLog() })
    buses = [here, there]
    await there.ready
    let gaps = 0
    there.onGap(() => { gaps++ })
    const heard = listen(there)
    const warn = log.warn.bind(log)
    // The moment of the loss is the one time when it is surely down.
    log.warn = (fields: object, message?: string) => {
      warn(fields, message)
      if (message === 'a line to Postgres is down') void here.publish({ type: 'workers' })
    }
    await cut([mine!])
    await until(() => log.said('news could not be published').length > 0)
    expect(heard).toEqual([])
    await until(() => gaps > 0)
    await here.publish({ type: 'queue', model: 'demo' })
    await until(() => heard.some(({ type }) => type === 'queue'))
  })

  test('what others say on the same channel harms nobody', async () => {
    const { here, there } = await openTwo()
    const heard = listen(there)
    for (const payload of ['', 'x', `${'a'.repeat(22)}d[`, `${'a'.repeat(22)}d{}`, `${'a'.repeat(22)}p9 3 abc`, `${'a'.repeat(22)}p0 1 !!!`]) await pool.query('select pg_notify($1, $2)', ['parley', payload])
    await here.publish({ type: 'workers' })
    await until(() => heard.length === 1)
  })
})
