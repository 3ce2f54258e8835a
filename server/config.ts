/** The environment, read once, validated, frozen. No other file reads `process.env` (lint holds it). */
import { join } from 'node:path'
import { z } from 'zod'

/** A blank in `.env` means "not set". */
const set = (value: unknown) => typeof value === 'string' && value.trim() === '' ? undefined : value
const text = z.preprocess(set, z.string().optional())
const url = z.preprocess(set, z.url().optional())
const whole = (otherwise: number, min = 0) => z.preprocess(set, z.coerce.number().int().min(min).default(otherwise))
const yesNo = z.preprocess(set, z.stringbool().optional())
const words = z.preprocess(set, z.string().default('').transform(list => list.split(',').map(word => word.trim()).filter(Boolean)))

const Environment = z.object({
  NODE_ENV: text,
  VERCEL: text,
  ROLE: z.preprocess(set, z.enum(['all', 'web', 'worker']).default('all')),
  DATA_DIR: z.preprocess(set, z.string().default('.data')),
  PUBLIC_URL: url,
  TRUSTED_ORIGINS: words,
  TRUSTED_PROXIES: words,
  AUTH_SECRET: text,
  ALLOW_GUESTS: yesNo,
  ALLOW_SIGN_UP: yesNo,
  DATABASE_URL: url,
  DATABASE_DIRECT_URL: url,
  S3_ENDPOINT: url,
  S3_PUBLIC_ENDPOINT: url,
  S3_REGION: z.preprocess(set, z.string().default('us-east-1')),
  S3_BUCKET: text,
  S3_ACCESS_KEY: text,
  S3_SECRET_KEY: text,
  MEDIA_MAX_BYTES: whole(2 * 1024 ** 3, 1),
  MEDIA_QUOTA_BYTES: whole(20 * 1024 ** 3, 1),
  MEDIA_URL_SECONDS: whole(3600, 1),
  USER_OPEN_REPLIES: whole(100),
  USER_DAILY_TOKENS: whole(0),
  OPENAI_API_KEY: text,
  OPENAI_BASE_URL: url,
  OPENAI_API: z.preprocess(set, z.enum(['chat', 'responses']).optional()),
  OPENAI_MODELS: words,
  OPENAI_IMAGE_MODEL: text,
  OPENAI_SPEECH_MODEL: text,
  OPENAI_SPEECH_VOICE: text,
  OPENAI_TRANSCRIPTION_MODEL: text,
  OLLAMA_BASE_URL: z.preprocess(set, z.url().default('http://127.0.0.1:11434')),
  DEMO_MODEL: yesNo,
  DEFAULT_MODEL: text,
  FALLBACK_MODEL: text,
  MODEL_CONCURRENCY: whole(0),
  MODEL_TIMEOUT_SECONDS: whole(120, 1),
  OUTBOUND_ALLOW_PRIVATE: yesNo,
  WORKER_CONCURRENCY: whole(200, 1),
  DRAIN_SECONDS: whole(20),
  CRON_SECRET: text,
  CRON_SCHEDULE: z.preprocess(set, z.string().default('* * * * *')),
  CRON_BUDGET_SECONDS: whole(55, 1),
  METRICS_TOKEN: text,
  LOG_LEVEL: z.preprocess(set, z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info')),
})

/** Names of all settings; `.env.example` describes each (a test holds it). */
export const settingNames: readonly string[] = Object.keys(Environment.shape)

export type Config = ReturnType<typeof readConfig>

/** Settings that only make sense together. */
function refuseHalves(env: z.infer<typeof Environment>, production: boolean) {
  if (env.VERCEL && !(production && env.S3_ENDPOINT))
    throw new Error('The configuration is not right:\n  On Vercel nothing is kept between requests, so DATABASE_URL and S3_ENDPOINT must be set.')
  if (env.S3_ENDPOINT && !(env.S3_BUCKET && env.S3_ACCESS_KEY && env.S3_SECRET_KEY))
    throw new Error('The configuration is not right:\n  S3_ENDPOINT is set, so S3_BUCKET, S3_ACCESS_KEY and S3_SECRET_KEY must be, too.')
  if (!production && env.ROLE !== 'all')
    throw new Error('The configuration is not right:\n  ROLE=web and ROLE=worker need DATABASE_URL: with SQLite there is one process that does all.')
}

/**
 * Reads and checks the environment.
 * @throws Error naming each variable that is wrong, in one message.
 */
export function readConfig(environment: Record<string, string | undefined>) {
  // Functions are called, they don't work by themselves.
  const parsed = Environment.safeParse(environment.VERCEL ? { ...environment, ROLE: 'web' } : environment)
  if (!parsed.success)
    throw new Error(`The configuration is not right:\n${parsed.error.issues.map(issue => `  ${issue.path.join('.')}: ${issue.message}`).join('\n')}`)
  const env = parsed.data
  const production = env.DATABASE_URL !== undefined
  refuseHalves(env, production)
  const hasModels = Boolean(env.OPENAI_API_KEY || env.OPENAI_BASE_URL)
  return Object.freeze({
    env,
    /** `DATABASE_URL` decides database, queue and bus together. */
    mode: production ? 'production' as const : 'zero-setup' as const,
    /** True in a build, false under `nuxt dev` and in tests. */
    built: env.NODE_ENV === 'production',
    runsWeb: env.ROLE !== 'worker',
    runsWorker: env.ROLE !== 'web',
    /** Where no worker lives, a send calls the route that drains the queue (server/utils/wake.ts). */
    drainsOnCall: Boolean(env.CRON_SECRET && env.PUBLIC_URL),
    dataDir: env.DATA_DIR,
    /** Where the zero-setup mode keeps its database. */
    sqliteFile: join(env.DATA_DIR, 'parley.sqlite'),
    allowGuests: env.ALLOW_GUESTS ?? !production,
    allowSignUp: env.ALLOW_SIGN_UP ?? true,
    /** The demo model stands in while no real one is configured, unless the operator says otherwise. */
    demoModel: env.DEMO_MODEL ?? !hasModels,
  })
}

let read: Config | undefined

/** The configuration of this process, read at the first call. The build writes `production` in the place of the last word. */
export const config = (): Config => read ??= readConfig({ ...process.env, NODE_ENV: process.env.NODE_ENV })

/** Takes blank settings out of the environment, for libraries that read it themselves and take a blank for a value. */
export function forgetBlanks(): void {
  for (const name of settingNames) if (set(process.env[name]) === undefined) Reflect.deleteProperty(process.env, name)
}
