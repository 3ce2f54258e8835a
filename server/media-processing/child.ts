/** The process that opens one file somebody sent: small rights, no secrets, ended from outside when it takes too much. */
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
