/**
 * All tables, written once; `schema.postgres.ts` and `schema.sqlite.ts` give them their dialect. Defaults are made in
 * JavaScript so that both dialects get the same values.
 */
import { isNull, or, sql, type SQL } from 'drizzle-orm'
import type { Columns } from './columns.postgres.ts'
import { mediaStatuses, mediaTypes } from '../shared/media.ts'
import { messageTypes, roles, statuses, type Attempt, type Part } from '../shared/conversation.ts'
import type { Chunk } from '../shared/chunks.ts'
import type { Usage } from '../shared/models.ts'
import type { Problem } from '../shared/errors.ts'
import type { Answer } from '../shared/protocol.ts'

const now = () => new Date()

/** Object keys of what was made from an upload. */
export interface Derived { thumbnail?: string, poster?: string, playable?: string, frames?: string[], pieces?: string[] }
export interface TranscriptLine { fromMs: number, toMs: number, text: string }
/** One device that looks at a conversation: when it was last heard of, in epoch milliseconds. */
export type Devices = Record<string, number>

/**
 * Which messages are open replies, said in literals: SQLite uses an index of open ones only for a query that says the same,
 * word for word (db/queries/messages.ts, `isOpenRow`), and Postgres must not plan without knowing the values.
 */
const openPredicate = or(sql`status = 'waiting'`, sql`status = 'writing'`, sql`status = 'retrying'`) as SQL

export function defineTables(c: Columns) {
  // --- accounts: user is ours (MISSION.md), the rest beside it is what better-auth needs -----------------------------
  const user = c.table('user', {
    id: c.id('id').primaryKey(),
    username: c.string('username').unique(),
    displayUsername: c.string('display_username'),
    name: c.string('name').notNull(),
    email: c.string('email').notNull().unique(),
    emailVerified: c.flag('email_verified').notNull().$defaultFn(() => false),
    image: c.string('image'),
    isAnonymous: c.flag('is_anonymous').$defaultFn(() => false),
    twoFactorEnabled: c.flag('two_factor_enabled').$defaultFn(() => false),
    /** The model this person chose last: what a new conversation starts with. */
    model: c.string('model'),
    createdAt: c.moment('created_at').notNull().$defaultFn(now),
    updatedAt: c.moment('updated_at').notNull().$defaultFn(now),
  })

  const session = c.table('session', {
    id: c.id('id').primaryKey(),
    userId: c.id('user_id').notNull().references(() => user.id, { onDelete: 'cascade' }),
    token: c.string('token').notNull().unique(),
    expiresAt: c.moment('expires_at').notNull(),
    ipAddress: c.string('ip_address'),
    userAgent: c.string('user_agent'),
    createdAt: c.moment('created_at').notNull().$defaultFn(now),
    updatedAt: c.moment('updated_at').notNull().$defaultFn(now),
  }, t => [c.index('session_by_user').on(t.userId)])

  const account = c.table('account', {
    id: c.id('id').primaryKey(),
    userId: c.id('user_id').notNull().references(() => user.id, { onDelete: 'cascade' }),
    accountId: c.string('account_id').notNull(),
    providerId: c.string('provider_id').notNull(),
    password: c.string('password'),
    accessToken: c.string('access_token'),
    refreshToken: c.string('refresh_token'),
    idToken: c.string('id_token'),
    accessTokenExpiresAt: c.moment('access_token_expires_at'),
    refreshTokenExpiresAt: c.moment('refresh_token_expires_at'),
    scope: c.string('scope'),
    createdAt: c.moment('created_at').notNull().$defaultFn(now),
    updatedAt: c.moment('updated_at').notNull().$defaultFn(now),
  }, t => [c.index('account_by_user').on(t.userId)])

  const verification = c.table('verification', {
    id: c.id('id').primaryKey(),
    identifier: c.string('identifier').notNull(),
    value: c.string('value').notNull(),
    expiresAt: c.moment('expires_at').notNull(),
    createdAt: c.moment('created_at').notNull().$defaultFn(now),
    updatedAt: c.moment('updated_at').notNull().$defaultFn(now),
  }, t => [c.index('verification_by_identifier').on(t.identifier)])

  /** The second factor: what the authenticator app and the server both know, and the codes for when it is lost. Both encrypted. */
  const twoFactor = c.table('two_factor', {
    id: c.id('id').primaryKey(),
    userId: c.id('user_id').notNull().unique().references(() => user.id, { onDelete: 'cascade' }),
    secret: c.string('secret').notNull(),
    backupCodes: c.string('backup_codes').notNull(),
    /** False until a first code has shown that the app has it right; only then it is asked for. */
    verified: c.flag('verified').notNull().$defaultFn(() => false),
    failedVerificationCount: c.count('failed_verification_count').notNull().$defaultFn(() => 0),
    lockedUntil: c.moment('locked_until'),
  })

  const rateLimit = c.table('rate_limit', {
    id: c.id('id').primaryKey(),
    key: c.string('key').notNull().unique(),
    count: c.count('count').notNull(),
    lastRequest: c.big('last_request').notNull(),
  })

  // --- conversations ------------------------------------------------------------------------------------------------
  const conversation = c.table('conversation', {
    id: c.id('id').primaryKey(),
    userId: c.id('user_id').notNull().references(() => user.id, { onDelete: 'cascade' }),
    title: c.string('title'),
    /** A title given by a person is never replaced by a generated one. */
    titledBy: c.oneOf('titled_by', ['nobody', 'model', 'person']).notNull().$defaultFn(() => 'nobody'),
    model: c.string('model'),
    instructions: c.string('instructions'),
    /** Grows by one with every committed change of the conversation or of anything in it. */
    seq: c.count('seq').notNull().$defaultFn(() => 0),
    /** The leaf of the branch that is shown. Not a foreign key: message refers to conversation already. */
    activeMessageId: c.id('active_message_id'),
    pinnedAt: c.moment('pinned_at'),
    archivedAt: c.moment('archived_at'),
    createdAt: c.moment('created_at').notNull().$defaultFn(now),
    updatedAt: c.moment('updated_at').notNull().$defaultFn(now),
  }, t => [c.index('conversation_by_user').on(t.userId, t.updatedAt)])

  const message = c.table('message', {
    id: c.id('id').primaryKey(),
    conversationId: c.id('conversation_id').notNull().references(() => conversation.id, { onDelete: 'cascade' }),
    /** What it follows; siblings under one parent are versions of each other. */
    parentId: c.id('parent_id'),
    role: c.oneOf('role', roles).notNull(),
    messageType: c.oneOf('message_type', messageTypes).notNull().$defaultFn(() => 'text'),
    content: c.string('content').notNull().$defaultFn(() => ''),
    parts: c.json<Part[]>('parts').notNull().$defaultFn(() => []),
    /** Object key of the first media, for readers of the older system's tables; `media` has them all. */
    filePath: c.string('file_path'),
    status: c.oneOf('status', statuses).notNull(),
    /** Tries that count (three at most); a hand-back gives its try back. */
    attempt: c.count('attempt').notNull().$defaultFn(() => 0),
    /** Grows at every take; writes of a lower epoch are refused. */
    epoch: c.count('epoch').notNull().$defaultFn(() => 0),
    /** The process that writes it (`worker.id`), while it is being written. */
    writerId: c.id('writer_id'),
    model: c.string('model'),
    usage: c.json<Usage>('usage'),
    error: c.json<Problem>('error'),
    attempts: c.json<Attempt[]>('attempts').notNull().$defaultFn(() => []),
    /** When a `retrying` reply is tried again. */
    nextTryAt: c.moment('next_try_at'),
    stopRequestedAt: c.moment('stop_requested_at'),
    /** A tool with effects has run in this reply: it is not run again by itself. */
    hadEffects: c.flag('had_effects').notNull().$defaultFn(() => false),
    /** When the present take began. */
    startedAt: c.moment('started_at'),
    /** `conversation.seq` of its last change. */
    seq: c.count('seq').notNull(),
    /** `conversation.seq` at its making: the order of messages, which clocks can't give. */
    bornSeq: c.count('born_seq').notNull(),
    createdAt: c.moment('created_at').notNull().$defaultFn(now),
    finishedAt: c.moment('finished_at'),
  }, t => [
    c.index('message_by_conversation_seq').on(t.conversationId, t.seq),
    c.index('message_by_parent').on(t.parentId),
    c.index('message_open').on(t.status, t.model, t.createdAt).where(openPredicate),
    // Whether and where a conversation has an open reply, without reading its thousands of others.
    c.index('message_open_by_conversation').on(t.conversationId, t.bornSeq).where(openPredicate),
    // At most one reply of a conversation is being written, whatever the code does.
    c.uniqueIndex('message_one_writing').on(t.conversationId).where(sql`status = 'writing'`),
  ])

  const media = c.table('media', {
    id: c.id('id').primaryKey(),
    userId: c.id('user_id').notNull().references(() => user.id, { onDelete: 'cascade' }),
    /** Null until a message carries it; abandoned ones are swept. */
    messageId: c.id('message_id').references(() => message.id, { onDelete: 'cascade' }),
    /** The reply that this is the reading aloud of; such media are no part of what a message carries. */
    spokenOf: c.id('spoken_of').references(() => message.id, { onDelete: 'cascade' }),
    /** Its place among the media of its message, from 0. */
    place: c.count('place').notNull().$defaultFn(() => 0),
    type: c.oneOf('type', mediaTypes).notNull(),
    filePath: c.string('file_path').notNull(),
    name: c.string('name').notNull(),
    mime: c.string('mime').notNull(),
    bytes: c.big('bytes').notNull(),
    sha256: c.string('sha256'),
    width: c.count('width'),
    height: c.count('height'),
    durationMs: c.count('duration_ms'),
    pages: c.count('pages'),
    status: c.oneOf('status', mediaStatuses).notNull(),
    progress: c.count('progress').notNull().$defaultFn(() => 0),
    error: c.json<Problem>('error'),
    /** What could not be made of it although it is ready. */
    notice: c.json<Problem>('notice'),
    /** The store's name for an upload in parts that is under way. */
    uploadId: c.string('upload_id'),
    /** Bytes of all forms together, as far as they are known: what the quota counts. */
    storedBytes: c.big('stored_bytes').notNull(),
    placeholder: c.string('placeholder'),
    waveform: c.json<number[]>('waveform'),
    derived: c.json<Derived>('derived').notNull().$defaultFn(() => ({})),
    transcript: c.json<TranscriptLine[]>('transcript'),
    /** Text drawn from a document, for models that cannot read the file itself. */
    extractedText: c.string('extracted_text'),
    createdAt: c.moment('created_at').notNull().$defaultFn(now),
  }, t => [
    c.index('media_by_message').on(t.messageId),
    // Rows of edited messages share their files; what happens to one happens to all.
    c.index('media_by_file_path').on(t.filePath),
    c.index('media_by_user').on(t.userId, t.sha256),
    c.index('media_unattached').on(t.createdAt).where(isNull(t.messageId)),
    // A reply is read aloud once, however many ask for it at the same moment.
    c.uniqueIndex('media_one_spoken').on(t.spokenOf).where(sql`spoken_of is not null`),
  ])

  /** What was streamed of a reply that is being written: deltas `n` to `upto`, one list of chunks each. */
  const delta = c.table('delta', {
    messageId: c.id('message_id').notNull().references(() => message.id, { onDelete: 'cascade' }),
    epoch: c.count('epoch').notNull(),
    n: c.count('n').notNull(),
    upto: c.count('upto').notNull(),
    chunks: c.json<Chunk[][]>('chunks').notNull(),
  }, t => [c.primaryKey({ columns: [t.messageId, t.epoch, t.n] })])

  /** Who looks at what, on any node. */
  const websocketConnection = c.table('websocket_connection', {
    userId: c.id('user_id').notNull().references(() => user.id, { onDelete: 'cascade' }),
    conversationId: c.id('conversation_id').notNull().references(() => conversation.id, { onDelete: 'cascade' }),
    lastActive: c.moment('last_active').notNull(),
    devices: c.json<Devices>('devices').notNull().$defaultFn(() => ({})),
  }, t => [c.primaryKey({ columns: [t.userId, t.conversationId] }), c.index('websocket_connection_by_last_active').on(t.lastActive)])

  // --- machinery ----------------------------------------------------------------------------------------------------
  /** Every change command that took effect, with its answer: a re-send gets the same answer and does nothing. Swept after 30 days. */
  const command = c.table('command', {
    id: c.id('id').primaryKey(),
    userId: c.id('user_id').notNull().references(() => user.id, { onDelete: 'cascade' }),
    answer: c.json<Answer>('answer'),
    createdAt: c.moment('created_at').notNull().$defaultFn(now),
  }, t => [c.index('command_by_created').on(t.createdAt)])

  /** Ids that were deleted, so that a late re-send never brings them back. */
  const tombstone = c.table('tombstone', {
    id: c.id('id').primaryKey(),
    deletedAt: c.moment('deleted_at').notNull().$defaultFn(now),
  })

  /** One row per model with a concurrency limit; updating it takes turns between claims of that model. */
  const modelTurn = c.table('model_turn', {
    model: c.string('model').primaryKey(),
    takenAt: c.moment('taken_at').notNull(),
  })

  /** When a user was last given one of a limited model's places: whoever waited longest since goes first. */
  const userTurn = c.table('user_turn', {
    model: c.string('model').notNull(),
    userId: c.id('user_id').notNull().references(() => user.id, { onDelete: 'cascade' }),
    servedAt: c.moment('served_at').notNull(),
  }, t => [c.primaryKey({ columns: [t.model, t.userId] })])

  /** The queue of the zero-setup mode (server/queue/sqlite.ts). On Postgres graphile-worker has tables of its own. */
  const job = c.table('job', {
    id: c.id('id').primaryKey(),
    task: c.string('task').notNull(),
    payload: c.json<unknown>('payload').notNull(),
    key: c.string('key').unique(),
    priority: c.count('priority').notNull().$defaultFn(() => 0),
    runAt: c.moment('run_at').notNull(),
    attempts: c.count('attempts').notNull().$defaultFn(() => 0),
    maxAttempts: c.count('max_attempts').notNull(),
    lockedAt: c.moment('locked_at'),
    lockedBy: c.id('locked_by'),
    lastError: c.string('last_error'),
    createdAt: c.moment('created_at').notNull().$defaultFn(now),
  }, t => [c.index('job_by_turn').on(t.priority, t.runAt).where(isNull(t.lockedBy))])

  return {
    user, session, account, verification, twoFactor, rateLimit, conversation, message, media, delta, websocketConnection,
    command, tombstone, modelTurn, userTurn, job,
  }
}

export type Tables = ReturnType<typeof defineTables>
