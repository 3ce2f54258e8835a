/** The process that opens one file somebody sent: small rights, no secrets, ended from outside when it takes too much. */
import { Worker } from 'node:worker_threads'
import { processFile } from './process-file.ts'
import { BadFile, type Task, type Word } from './task.ts'

const say = (word: Word) => new Promise<void>(resolve => process.send ? process.send(word, () => resolve()) : resolve())
let told = -1

void say({ kind: 'started' })

process.once('message', (task: Task) => {
  processFile(task, (percent) => {
    const whole = Math.max(0, Math.min(99, Math.floor(percent)))
    if (whole > told) void say({ kind: 'progress', percent: told = whole })
  }, made => void say({ kind: 'so far', made }))
    .then(made => say({ kind: 'made', made }), (error: unknown) => say(error instanceof BadFile
      ? { kind: 'bad', trouble: error.trouble }
      : { kind: 'failed', reason: error instanceof Error ? error.stack ?? error.message : String(error) }))
    // The engine keeps threads that would hold the process.
    .finally(() => process.exit(0))
})
// Whoever wants the result is gone.
process.once('disconnect', () => process.exit(0))
// A decoder that is busy never hears of it: after a kill -9 of the server, a file that sends it in circles would run for ever.
new Worker('const { ppid } = process; setInterval(() => process.ppid === ppid || process.kill(process.pid, "SIGKILL"), 1000)', { eval: true }).unref()
