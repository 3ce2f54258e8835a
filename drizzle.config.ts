/** One configuration for both dialects: `npm run db:generate` runs drizzle-kit once with each. */
import { defineConfig } from 'drizzle-kit'

const dialect = process.env.DRIZZLE_DIALECT === 'postgres' ? 'postgres' : 'sqlite'

export default defineConfig({
  dialect: dialect === 'postgres' ? 'postgresql' : 'sqlite',
  schema: `./db/schema.${dialect}.ts`,
  out: `${process.env.DRIZZLE_OUT ?? './db/migrations'}/${dialect}`,
})
