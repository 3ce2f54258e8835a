/**
 * postgres.js lets queries wait while the server is away, for as long as that lasts, and a connection cut without a word
 * can take a quarter of an hour to be noticed. Here every query and every transaction's begin has an end.
 */
import type postgres from 'postgres'

type Client = Pick<postgres.TransactionSql, 'unsafe' | 'savepoint'>
/** What postgres.js' types leave out of a query. */
interface Rejectable { reject(error: Error): void, cancel(): unknown }

const late = (ms: number) => Object.assign(new Error(`The database did not answer within ${ms} ms`), { code: 'QUERY_TIMEOUT' })

/** Gives `client.unsafe`, the one road drizzle takes, a deadline, and settles whether statements are prepared. */
function limitQueries<C extends Client>(client: C, ms: number, prepare: boolean): C {
  const unsafe = client.unsafe.bind(client)
  client.unsafe = ((text: string, params?: never[], options?: postgres.UnsafeQueryOptions) => {
    // drizzle asks for unprepared ones, which take two journeys each. Without parameters they are sent as they are.
    const query = unsafe(text, params, { ...options, prepare: prepare && Boolean(params?.length) })
    const timer = setTimeout(() => {
      const open = query as unknown as Rejectable
      const reject = open.reject
      open.reject = () => reject(late(ms))
      // Takes it out of the queue, or tells the server, before it counts as ended; best effort, nobody waits for it.
      Promise.resolve(open.cancel()).catch(() => {})
      open.reject(late(ms))
    }, ms)
    const settled = () => clearTimeout(timer)
    query.then(settled, settled)
    return query
  }) as C['unsafe']
  return client
}

function limitTransaction(client: postgres.TransactionSql, ms: number, prepare: boolean): postgres.TransactionSql {
  const savepoint = client.savepoint.bind(client) as (body: (inner: postgres.TransactionSql) => unknown) => Promise<unknown>
  const limited = limitQueries(client, ms, prepare)
  limited.savepoint = ((body: (inner: postgres.TransactionSql) => unknown) =>
    savepoint(inner => body(limitTransaction(inner, ms, prepare)))) as typeof client.savepoint
  return limited
}

/** Changes `sql` in place: everything drizzle runs through it rejects after `ms` milliseconds, the wait for a connection included. */
export function limitClient(sql: postgres.Sql, { ms, prepare }: { ms: number, prepare: boolean }): void {
  const begin = sql.begin.bind(sql) as (body: (inner: postgres.TransactionSql) => unknown) => Promise<unknown>
  // postgres.js sends `begin` itself through `sql.unsafe`, so that waiting for a connection ends, too.
  limitQueries(sql as unknown as Client, ms, prepare)
  sql.begin = ((body: (inner: postgres.TransactionSql) => unknown) =>
    begin(inner => body(limitTransaction(inner, ms, prepare)))) as typeof sql.begin
}
