import { openInProcessBus } from '../../server/bus/in-process.ts'
import type { Bus } from '../../server/bus/bus.ts'
import { busContract } from '../contract/bus.ts'

// One process has one bus: whoever opens "another" gets the same.
let bus: Bus | null = null
busContract(async () => ({
  open: (log) => {
    const opened = bus ??= openInProcessBus({ log })
    return { ...opened, close: async () => { bus = null; await opened.close() } }
  },
  remove: async () => {},
}))
