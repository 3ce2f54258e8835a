/**
 * The one publisher of a process: at once when the line is idle; what arrives while a publish is under way is merged
 * into the next.
 */
import type { Services } from '../services.ts'
import { metrics } from '../metrics.ts'
import { nextDelta, type DeltaStream } from './delta-stream.ts'

export interface DeltaPublisher {
  /** Has what is pending of the stream published. */
  add(stream: DeltaStream): void
  has(stream: DeltaStream): boolean
  /** Resolves when nothing is pending. */
  flush(): Promise<void>
}

export function openDeltaPublisher({ bus }: Pick<Services, 'bus'>): DeltaPublisher {
  const dirty = new Set<DeltaStream>()
  /** When the oldest unpublished piece was emitted. */
  let dirtySince = 0
  let publishing: Promise<void> | null = null
  let scheduled = false

  const publishAll = async () => {
    while (dirty.size > 0) {
      const deltas = [...dirty].map(nextDelta)
      const since = dirtySince
      dirty.clear()
      await bus.publish({ type: 'deltas', deltas })
      metrics.addedLatency.observe((performance.now() - since) / 1000)
    }
  }
  const flush = () => publishing ??= publishAll().finally(() => { publishing = null })

  return {
    add(stream) {
      if (dirty.size === 0) dirtySince = performance.now()
      dirty.add(stream)
      if (scheduled || publishing) return
      scheduled = true
      // After the sockets that are readable now were read: their tokens go out together.
      setImmediate(() => {
        scheduled = false
        void flush()
      })
    },
    has: stream => dirty.has(stream),
    flush,
  }
}
