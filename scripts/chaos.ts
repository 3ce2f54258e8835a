/**
 * `npm run chaos [-- --seed=7] [-- --seconds=60] [-- --self-check]`: two web and two worker processes of the production
 * build on a real PostgreSQL, under load, while its parts are killed, frozen, restarted and cut off at moments that the
 * seed decides. Then every accepted message is looked for in the database, at its followers and in the LLM's journal.
 * Prints what was killed, lost and doubled; fails unless both are 0. `--self-check` breaks the database on purpose
 * (it drops and doubles text) and fails unless that is caught.
 */
import { setTimeout as pause } from 'node:timers/promises'
import postgres from 'postgres'
import { openSocket, signInAsGuest, watch, type Session, type Watcher } from '../tests/support/client.ts'
import { startFleet, type Fleet } from '../tests/support/fleet.ts'
import { llmSettings, scriptedSend } from '../tests/support/live-settings.ts'
import { startScriptedLlm, textOfScript, type Script } from '../tests/support/scripted-llm.ts'
import { until } from '../tests/support/until.ts'

const option = (name: string, otherwise: number) => Number(process.argv.find(one => one.startsWith(`--${name}=`))?.split('=')[1] ?? otherwise)
const seed = option('seed', 1)
const seconds = option('seconds', 45)
const selfCheck = process.argv.includes('--self-check')

/** mulberry32: small, and the same everywhere. */
function randomFrom(start: number) {
  let state = start >>> 0
  return () => {
    state = (state + 0x6D2B79F5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
const random = randomFrom(seed)
const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T

interface Sent { script: Script, conversationId: string, messageId: string, replyId: string, watcher: Watcher }

const llm = await startScriptedLlm()
const fleet: Fleet = await startFleet({ ...llmSettings(llm), DRAIN_SECONDS: '1', LOG_LEVEL: 'error' })
const sql = postgres(fleet.databaseUrl, { max: 2, onnotice: () => {} })
const guest = await signInAsGuest(pick(fleet.webs).url)
const anywhere = (): Session => guest.at(pick(fleet.webs.filter(web => web.alive())).url)
const sent: Sent[] = []
const killed: string[] = []
let over = false

async function breakOnPurpose() {
  await sql.unsafe(`
    create function spoil() returns trigger language plpgsql as $$ begin
      if new.status = 'done' and new.role = 'assistant' then
        if random() < 0.3 then new.content := left(new.content, -3);
        elsif random() < 0.4 then new.content := new.content || new.content;
        end if;
      end if;
      return new;
    end $$;
    create trigger spoil before update on message for each row execute function spoil();`)
}

/** Sends again, over whatever is up, until there is an answer: what the page's outbox does. */
async function sendUntilAnswered(command: ReturnType<typeof scriptedSend>['command']) {
  for (;;) {
    try {
      const socket = await openSocket(anywhere(), { keep: false })
      try { return await Promise.race([socket.change(command), pause(3000).then(() => { throw new Error('no answer') })]) }
      finally { socket.close() }
    }
    catch { await pause(100) }
  }
}

async function keepSending() {
  while (!over) {
    const fault = random() < 0.15 ? { cutAfter: 15, times: 1 } : random() < 0.15 ? { status: 429, times: 1, retryAfter: 1 } : {}
    const { script, command } = scriptedSend({ tokens: 40 + Math.floor(random() * 120), perSecond: 60, ...fault })
    const watcher = watch(anywhere(), command.conversationId)
    await sendUntilAnswered(command)
    sent.push({ script, conversationId: command.conversationId, messageId: command.messageId, replyId: command.replyId, watcher })
    await watcher.connect(anywhere()).catch(() => {})
    await pause(random() * 400)
  }
}

/** Followers lose their lines all the time, and come back anywhere. */
async function keepReconnecting() {
  while (!over) {
    await pause(150)
    const { watcher } = sent[Math.floor(random() * sent.length)] ?? {}
    if (!watcher) continue
    watcher.drop()
    await watcher.connect(anywhere()).catch(() => {})
  }
}

async function replace(role: 'web' | 'worker', signal: 'SIGKILL' | 'SIGTERM') {
  const list = role === 'web' ? fleet.webs : fleet.workers
  const victim = pick(list)
  // A rolling restart brings the new one first; after a kill something else starts it.
  if (signal === 'SIGTERM') await fleet.start(role)
  victim.signal(signal)
  await victim.ended
  list.splice(list.indexOf(victim), 1)
  if (signal === 'SIGKILL') await fleet.start(role)
}

const faults: Record<string, () => Promise<unknown>> = {
  'worker killed': () => replace('worker', 'SIGKILL'),
  'web killed': () => replace('web', 'SIGKILL'),
  'worker replaced': () => replace('worker', 'SIGTERM'),
  'web replaced': () => replace('web', 'SIGTERM'),
  'worker frozen': async () => {
    const worker = pick(fleet.workers)
    worker.signal('SIGSTOP')
    await pause(4000 + random() * 4000)
    worker.signal('SIGCONT')
  },
  'all database connections cut': () => sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
}

interface Verdict { lost: string[], doubled: string[] }

/** What the database and the LLM's journal hold of one message and its reply. */
async function judgeRows({ script, conversationId, messageId, replyId }: Sent, { lost, doubled }: Verdict) {
  const text = textOfScript(script)
  const rows = await sql<{ id: string, status: string, content: string }[]>`select id, status, content from message where conversation_id = ${conversationId}`
  // Whole calls are not counted: the LLM may have sent all into a frozen process's buffers, and nobody can take that back.
  if (rows.length > 2) doubled.push(`${replyId}: ${rows.length} messages`)
  if (!rows.some(row => row.id === messageId)) lost.push(`${messageId}: the message`)
  const reply = rows.find(row => row.id === replyId)
  if (reply?.status !== 'done') lost.push(`${replyId}: ${reply?.status ?? 'no row'}`)
  else if (reply.content !== text) (reply.content.length > text.length ? doubled : lost).push(`${replyId}: text`)
}

/** What a follower put together, through all its lost lines. */
async function judgeFollower({ script, replyId, watcher }: Sent, { lost, doubled }: Verdict) {
  const text = textOfScript(script)
  await until(() => watcher.connect(anywhere()), { withinMs: 15_000, what: 'a line' }).catch(() => null)
  const seen = await until(() => watcher.message(replyId)?.status === 'done' ? { text: watcher.text(replyId) } : undefined, { withinMs: 15_000 }).catch(() => null)
  if (!seen) lost.push(`${replyId}: its follower never saw the end`)
  else if (seen.text !== text) (seen.text.length > text.length ? doubled : lost).push(`${replyId}: a follower's text`)
  watcher.close()
}

async function judge(): Promise<Verdict> {
  const verdict: Verdict = { lost: [], doubled: [] }
  for (const one of sent) {
    await judgeRows(one, verdict)
    await judgeFollower(one, verdict)
  }
  return verdict
}

if (selfCheck) await breakOnPurpose()
const load = [keepSending(), keepSending(), keepSending(), keepSending(), keepReconnecting()]
const endsAt = Date.now() + seconds * 1000
while (Date.now() < endsAt) {
  await pause(1000 + random() * 3000)
  const name = pick(Object.keys(faults))
  killed.push(name)
  console.log(`${new Date().toISOString().slice(11, 19)} ${name}`)
  await faults[name]?.()
}
over = true
await Promise.all(load)
await until(async () => (await sql`select 1 from message where status in ('waiting', 'writing', 'retrying') limit 1`).length === 0, { what: 'every reply to end', withinMs: 90_000 }).catch(error => console.log(error.message))
const { lost, doubled } = await judge()
for (const problem of [...lost, ...doubled].slice(0, 20)) console.log(`  ${problem}`)
console.log(`\nseed ${seed}: ${sent.length} messages; killed or cut ${killed.length}, lost ${lost.length}, doubled ${doubled.length}`)
await sql.end({ timeout: 2 })
await fleet.close()
await llm.close()
if (selfCheck) console.log(lost.length > 0 && doubled.length > 0 ? 'Self-check: what was broken on purpose was caught.' : 'Self-check FAILED: the broken database went unnoticed.')
process.exit((selfCheck ? lost.length > 0 && doubled.length > 0 : lost.length === 0 && doubled.length === 0) ? 0 : 1)
