import { columns } from './columns.postgres.ts'
import { defineTables } from './tables.ts'

export const {
  user, session, account, verification, twoFactor, rateLimit, conversation, message, media, delta, websocketConnection,
  command, tombstone, modelTurn, userTurn, job,
} = defineTables(columns)
