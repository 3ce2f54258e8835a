/**
 * Example conversations from the command line: `npm run db:seed` makes the account `example` with a password of its own,
 * which is printed once; `npm run db:seed -- anna` gives them to somebody who is there.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { readMigrations } from '../db/bundle-migrations.ts'
import { findUserByName, removeAllSessions } from '../db/queries/users.ts'
import { authOf, madeUpEmail } from '../server/auth.ts'
import { readConfig } from '../server/config.ts'
import { seedExamples } from '../server/domain/examples.ts'
import { openServices, type Services } from '../server/services.ts'

/** Nobody knows it beforehand: an account with a known password would be a door. */
async function makeExampleUser(services: Services): Promise<string> {
  const password = randomBytes(12).toString('base64url')
  const { user } = await authOf(services).api.signUpEmail({ body: { email: madeUpEmail('example'), username: 'example', name: 'Example', password } })
  await removeAllSessions(services.database.db, user.id)
  console.log(`Made the account “example” with the password “${password}”. It is not shown again.`)
  return user.id
}

async function seed(services: Services, name: string | undefined): Promise<void> {
  const found = await findUserByName(services.database.db, name ?? 'example')
  if (!found && name !== undefined) throw new Error(`There is no account “${name}”.`)
  const ids = await seedExamples(services, { id: found?.id ?? await makeExampleUser(services) })
  console.log(`“${name ?? 'example'}” has ${ids.length} example conversations. Previews of their files are made when the server runs.`)
}

const { LOG_LEVEL = 'warn', ...environment } = process.env
const services = openServices(readConfig({ ...environment, LOG_LEVEL }), readMigrations(join(import.meta.dirname, '../db/migrations')))
try {
  await Promise.all([services.database.ready, services.bus.ready])
  await seed(services, process.argv[2])
}
catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
finally {
  await services.close()
}
