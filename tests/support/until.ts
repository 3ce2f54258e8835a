type Truthy<T> = Exclude<NonNullable<T>, false | 0 | ''>

/**
 * Waits until `condition` gives something truthy, and gives that back. Tests never sleep: they wait for what they mean.
 * An error it throws counts as "not yet", and is told when the deadline passes.
 */
export async function until<T>(condition: () => T | Promise<T>, { withinMs = 5000, what = 'the condition' }: { withinMs?: number, what?: string } = {}): Promise<Truthy<T>> {
  const deadline = Date.now() + withinMs
  let last: unknown
  for (let pauseMs = 1; ; pauseMs = Math.min(50, pauseMs * 2)) {
    try {
      const value = await condition()
      if (value) return value as Truthy<T>
      last = undefined
    }
    catch (error) { last = error }
    if (Date.now() > deadline) throw new Error(`Waited ${withinMs} ms in vain for ${what}`, last === undefined ? {} : { cause: last })
    await new Promise(resolve => setTimeout(resolve, pauseMs))
  }
}
