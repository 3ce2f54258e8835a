/**
 * What became of messages that were sent while parts were killed: every follower's text, the database, the LLM's own log,
 * the queue and the store are held against each other. Nothing may be lost, doubled, stuck or unaccounted for.
 */
import type postgres from 'postgres'
import { haveSeenTheEnd, howWrong, type Followed } from './followed.ts'
import { callsOf } from './live-settings.ts'
import type { S3Double } from './s3-double.ts'
import { textOfScript, type ScriptedLlm } from './scripted-llm.ts'
import { until } from './until.ts'

export interface Judged { sent: readonly Followed[], sql: postgres.Sql, llm: ScriptedLlm, store?: S3Double }

export interface Verdict {
  lost: string[]
  doubled: string[]
  /** Replies that did not end, jobs that did not end or died. */
  stuck: string[]
  /** Replies that ended as `failed`, as promised: after three attempts that are written down, or after a tool had run. */
  givenUp: string[]
  /** Model calls, and those whose whole text nobody got because its writer was killed, frozen or cut off. */
  calls: number
  wasted: number
}

interface Row { id: string, conversation_id: string, role: string, status: string, content: string, attempt: number, epoch: number, attempts: unknown[], had_effects: boolean, error: { code: string } | null }

const open = ['waiting', 'writing', 'retrying']

/** Waits until nothing is open and no job is left, but for the schedule's. */
async function untilQuiet(sql: postgres.Sql, withinMs: number): Promise<void> {
  await until(async () => {
    const [left] = await sql<{ replies: number, jobs: number }[]>`select
      (select count(*)::int from message where status = any(${open})) replies,
      (select count(*)::int from graphile_worker.jobs where task_identifier <> 'sweep') jobs`
    return left?.replies === 0 && left.jobs === 0
  }, { withinMs, what: 'everything to end' }).catch(() => {})
}

function judgeText({ status, content }: Row, { script, replyId }: Followed, verdict: Verdict): void {
  const whole = textOfScript(script)
  if (!whole.startsWith(content)) verdict[howWrong(content, whole)].push(`${replyId}: its text in the database`)
  else if (status === 'done' && content !== whole) verdict.lost.push(`${replyId}: the end of its text in the database`)
}

function judgeReply(reply: Row | undefined, one: Followed, verdict: Verdict): void {
  const { replyId, stopped } = one
  if (!reply) return void verdict.lost.push(`${replyId}: the reply`)
  if (open.includes(reply.status)) return void verdict.stuck.push(`${replyId}: ${reply.status}`)
  judgeText(reply, one, verdict)
  if (reply.status === 'stopped' && !stopped) verdict.lost.push(`${replyId}: stopped, and nobody did`)
  if (reply.status !== 'failed') return
  const honest = reply.had_effects || reply.attempts.length >= 3
  verdict[honest ? 'givenUp' : 'lost'].push(`${replyId}: ${reply.error?.code} after ${reply.attempts.length} attempts`)
}

/** The LLM's own log: a take of a reply calls once at most, and what is done was said whole by one call. */
function judgeCalls(reply: Row, one: Followed, llm: ScriptedLlm, verdict: Verdict): void {
  const calls = callsOf(llm, one.script)
  const whole = calls.filter(call => call.end === 'whole').length
  verdict.calls += calls.length
  verdict.wasted += Math.max(0, whole - (reply.status === 'done' ? 1 : 0))
  if (calls.length > reply.epoch) verdict.doubled.push(`${one.replyId}: ${calls.length} calls of the model in ${reply.epoch} takes`)
  if (reply.status === 'done' && whole === 0) verdict.lost.push(`${one.replyId}: done, and the model never said it whole`)
  if (whole > 1 && reply.epoch === 1) verdict.doubled.push(`${one.replyId}: said whole ${whole} times in one take`)
  if (calls.some(call => call.end === 'running')) verdict.stuck.push(`${one.replyId}: a call of the model goes on`)
}

async function judgeRows({ sent, sql, llm }: Judged, verdict: Verdict): Promise<void> {
  const rows = await sql<Row[]>`select id, conversation_id, role, status, content, attempt, epoch, attempts, had_effects, error from message`
  const byId = new Map(rows.map(row => [row.id, row]))
  const asked = new Set(sent.flatMap(one => [one.messageId, one.replyId]))
  for (const row of rows) if (!asked.has(row.id)) verdict.doubled.push(`${row.id}: a ${row.role} message that nobody sent`)
  for (const one of sent) {
    if (!byId.has(one.messageId)) verdict.lost.push(`${one.messageId}: the message`)
    const reply = byId.get(one.replyId)
    judgeReply(reply, one, verdict)
    if (reply) judgeCalls(reply, one, llm, verdict)
  }
}

/** Followers that are behind come back once, as a page does; then their text is the database's. */
async function judgeFollowers({ sent, sql }: Judged, verdict: Verdict): Promise<void> {
  const texts = new Map((await sql<{ id: string, content: string }[]>`select id, content from message`).map(row => [row.id, row.content]))
  for (const one of sent) {
    const back = one.watchers.filter(() => !haveSeenTheEnd(one))
    await Promise.all(back.map(watcher => until(() => watcher.connect(one.anywhere()), { withinMs: 15_000, what: 'a line' }).catch(() => {})))
    const ended = await until(() => haveSeenTheEnd(one), { withinMs: 15_000 }).catch(() => false)
    if (!ended) verdict.lost.push(`${one.replyId}: a follower never saw the end`)
    for (const { how } of one.wrong.slice(0, 1)) verdict[how].push(`${one.replyId}: a follower’s text on the way`)
    for (const watcher of one.watchers) {
      const [text, truth] = [watcher.text(one.replyId), texts.get(one.replyId) ?? '']
      if (ended && text !== truth) verdict[howWrong(text, truth)].push(`${one.replyId}: a follower’s text`)
      watcher.close()
    }
  }
}

/** Every job has ended, and left nothing half done. */
async function judgeJobs({ sql }: Judged, { stuck }: Verdict): Promise<void> {
  const jobs = await sql<{ task: string, attempts: number, error: string | null, locked: string | null }[]>`
    select task_identifier task, attempts, last_error error, locked_by locked from graphile_worker.jobs where task_identifier <> 'sweep'`
  for (const { task, attempts, error, locked } of jobs) stuck.push(`a job ${task}: ${attempts} attempts, ${locked ? `held by ${locked}` : 'waiting or dead'}, ${error ?? 'no error'}`)
  const countDeltas = async () => (await sql<{ deltas: number }[]>`select count(*)::int deltas from delta d join message m on m.id = d.message_id where m.status <> all(${open})`)[0]?.deltas ?? 0
  // One that was stored as its reply ended is harmless, and goes with the next sweep, which is not waited for here.
  await sql`select graphile_worker.add_job('sweep', '{"what":"often"}'::json)`
  await until(async () => await countDeltas() === 0, { withinMs: 70_000 }).catch(async () => stuck.push(`${await countDeltas()} deltas of replies that have ended`))
}

/** Every file that was sent or made is ready, and in the store. */
async function judgeMedia({ sent, sql, store }: Judged, { lost }: Verdict): Promise<void> {
  const rows = await sql<{ id: string, status: string, file_path: string }[]>`select id, status, file_path from media`
  const known = new Set(rows.map(row => row.id))
  for (const id of sent.flatMap(one => one.mediaIds)) if (!known.has(id)) lost.push(`${id}: the file`)
  for (const { id, status, file_path: key } of rows) {
    if (status !== 'ready') lost.push(`${id}: the file is ${status}`)
    else if (store && !store.objects.has(key)) lost.push(`${id}: the file is not in the store`)
  }
}

export async function judge(judged: Judged, { withinMs = 60_000 } = {}): Promise<Verdict> {
  const verdict: Verdict = { lost: [], doubled: [], stuck: [], givenUp: [], calls: 0, wasted: 0 }
  await untilQuiet(judged.sql, withinMs)
  await judgeRows(judged, verdict)
  await judgeFollowers(judged, verdict)
  await judgeJobs(judged, verdict)
  await judgeMedia(judged, verdict)
  return verdict
}
