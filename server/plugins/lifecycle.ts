import migrations from '#db-migrations'
import { config } from '../config.ts'
import { run } from '../lifecycle.ts'
import { setSocketLimits } from '../live/socket-limits.ts'
import { provideServices } from '../utils/services.ts'

export default defineNitroPlugin((nitroApp) => {
  const running = run(config(), migrations)
  provideServices(running.services)
  setSocketLimits(nitroApp.h3App)
  // Without its database a process is of no use: whoever runs it starts it again.
  running.started.catch(() => { if (config().built) process.exitCode = 1 })
  nitroApp.hooks.hook('close', running.stop)
  // Nitro's own handler waits for open connections before it calls `close`; ours end when we end them.
  if (config().built) for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void running.stop())
})
