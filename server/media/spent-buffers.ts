/**
 * Every piece of a stream from the network is a buffer of its own, outside V8's heap. Spent ones weigh next to nothing
 * inside it, so V8 lets some 64 MB of them gather before it looks; looking at the young ones each few megabytes takes
 * about a millisecond and keeps a server flat under uploads of any size.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const everyBytes = 8 * 1024 ** 2

let collect: NodeJS.GCFunction | undefined
function collectYoung(): void {
  if (!collect) {
    setFlagsFromString('--expose-gc')
    collect = runInNewContext('gc') as NodeJS.GCFunction
  }
  collect({ type: 'minor' })
}

/** Over all streams of the process. */
let sinceLast = 0

/** Told of every piece that has passed. */
export function spent(bytes: number): void {
  sinceLast += bytes
  if (sinceLast < everyBytes) return
  sinceLast = 0
  collectYoung()
}
