/**
 * What an operator may have to do for a person, from the command line (docs/deployment.md):
 * `npm run people -- <what> <username>` with `end-sessions`, `reset-password`, `end-second-factor` or `delete`.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { readMigrations } from '../db/bundle-migrations.ts'
import { findUserByName } from '../db/queries/users.ts'
import { readConfig } from '../server/config.ts'
import { setPassword, takeSecondFactor } from '../server/domain/operator.ts'
import { deleteAccount, endAllSessions } from '../server/domain/users.ts'
import { openServices, type Services } from '../server/services.ts'

type Person = { id: string }
const tasks: Record<string, (services: Services, person: Person) => Promise<string>> = {
  'end-sessions': async (services, person) => `${await endAllSessions(services, person)} sessions were ended.`,
  'reset-password': async (services, person) => {
    const password = randomBytes(12).toString('base64url')
    await setPassword(services, person, password)
    await endAllSessions(services, person)
    return `The password is “${password}” now; it is not shown again. All sessions were ended.`
  },
  'end-second-factor': async (services, person) => {
    await takeSecondFactor(services, person)
    return 'No second factor is asked for any more.'
  },
  'delete': async (services, person) => {
    await deleteAccount(services, person)
    return 'The account is deleted, with all it had; a running worker removes the files.'
  },
}

async function help(services: Services, [what = '', name = '']: string[]): Promise<string> {
  const task = Object.hasOwn(tasks, what) ? tasks[what] : undefined
  if (!task || !name) throw new Error(`Say what for whom: ${Object.keys(tasks).join(' | ')}, and a username.`)
  const person = await findUserByName(services.database.db, name)
  if (!person) throw new Error(`There is no account “${name}”.`)
  return task(services, person)
}

const { LOG_LEVEL = 'warn', ...environment } = process.env
const services = openServices(readConfig({ ...environment, LOG_LEVEL }), readMigrations(join(import.meta.dirname, '../db/migrations')))
try {
  await Promise.all([services.database.ready, services.bus.ready])
  console.log(await help(services, process.argv.slice(2)))
}
catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
finally {
  await services.close()
}
