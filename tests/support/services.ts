/** All services as a process has them, on real databases, for tests: `withServices` lends them. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readConfig } from '../../server/config.ts'
import type { Log } from '../../server/log.ts'
import { openServices, type Services } from '../../server/services.ts'
import { migrations, type Dialect } from './database.ts'
import { createPostgres } from './postgres.ts'

export interface TestServices {
  services: Services
  /** What was logged, one line of JSON each. */
  lines: string[]
  /** The same data after a restart: closes what was open before. */
  again(): Promise<Services>
}

function keepLines(lines: string[]): Log {
  const keep = (level: string) => (...said: unknown[]) => {
    lines.push(JSON.stringify([level, ...said], (_, value: unknown) => value instanceof Error ? { ...value, message: value.message, stack: value.stack } : value))
  }
  const log = { info: keep('info'), warn: keep('warn'), error: keep('error'), debug: keep('debug'), fatal: keep('fatal'), child: () => log }
  return log as unknown as Log
}

/** Opens services in a data folder and a database of their own, and removes both. `environment` is added to what they are configured with. */
export async function withServices<T>(dialect: Dialect, work: (test: TestServices) => Promise<T>, environment: Record<string, string> = {}): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-services-'))
  const made = dialect === 'postgres' ? await createPostgres() : null
  const lines: string[] = []
  let opened: Services | undefined
  const open = async () => {
    await opened?.close()
    const config = readConfig({ DATA_DIR: folder, ALLOW_GUESTS: 'true', ...(made ? { DATABASE_URL: made.url } : {}), ...environment })
    const services = openServices(config, migrations, keepLines(lines))
    opened = services
    await services.database.ready
    await services.bus.ready
    return services
  }
  try {
    return await work({ services: await open(), lines, again: open })
  }
  finally {
    await opened?.close()
    await made?.drop()
    rmSync(folder, { recursive: true, force: true })
  }
}
