/**
 * Queries of one transaction that don't wait for each other, on one journey to Postgres. Prepared ones (db/prepared.ts) run
 * in this order. It settles when all have been answered: a query that came after the rollback would stand on its own.
 * @throws what the first that failed has thrown
 */
export async function together<T extends readonly unknown[]>(...queries: { [K in keyof T]: Promise<T[K]> }): Promise<T> {
  const settled = await Promise.allSettled(queries)
  for (const one of settled) if (one.status === 'rejected') throw one.reason
  return settled.map(one => (one as PromiseFulfilledResult<unknown>).value) as unknown as T
}
