/** A line of work on one connection: each piece runs alone, in the order asked; at once when nobody is before it. */
export interface Turns {
  /** Runs `work` now when the line is empty, without a detour through the event loop. */
  take<T>(work: () => T | Promise<T>): T | Promise<T>
}

export function makeTurns(): Turns {
  let busy = false
  const waiting: (() => void)[] = []
  const next = () => {
    const first = waiting.shift()
    if (first) first()
    else busy = false
  }
  const run = <T>(work: () => T | Promise<T>): T | Promise<T> => {
    let result: T | Promise<T>
    try { result = work() }
    catch (error) { next(); throw error }
    if (result instanceof Promise) return result.finally(next)
    next()
    return result
  }
  return {
    take: (work) => {
      if (!busy) {
        busy = true
        return run(work)
      }
      return new Promise((resolve, reject) => {
        waiting.push(() => { try { resolve(run(work)) } catch (error) { reject(error) } })
      })
    },
  }
}
