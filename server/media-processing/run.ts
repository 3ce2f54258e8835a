/** Runs the process that opens a file, watches its time and memory, and ends it when it goes past them. */
import { fork, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bounds, quietMs } from './limits.ts'
import { BadFile, CrashedFile, type Made, type Say, type Task, type Word } from './task.ts'

const watchEveryMs = 200

/** Beside this file when the sources run; beside the server in a build; under the project's folder in `nuxt dev`. */
function childFile(): string {
  const here = dirname(fileURLToPath(import.meta.url))
  const places = [join(here, 'child.ts'), ...[here, join(here, '..'), join(here, '..', '..'), dirname(process.argv[1] ?? '')].map(folder => join(folder, 'media-child.mjs')), join(process.cwd(), 'server/media-processing/child.ts')]
  const found = places.find(existsSync)
  if (!found) throw new Error('The program that opens files is not where the build puts it (media-child.mjs)')
  return found
}

interface RunOptions {
  signal: AbortSignal
  say: Say
  bounds?: { ms: number, bytes: number, quietMs?: number }
  /** Another build of the program than the one beside us. */
  program?: string
}

/**
 * @throws BadFile for a file that cannot be used, which includes one that takes too long or too much memory, or makes a
 * decoder crash. An abort of `signal` ends it with the signal's reason.
 */
export async function runTask(task: Task, options: RunOptions): Promise<Made> {
  const { signal } = options
  signal.throwIfAborted()
  const { ms, bytes, quietMs: quiet = quietMs }: NonNullable<RunOptions['bounds']> = options.bounds ?? bounds[task.type]
  const child = fork(options.program ?? childFile(), {
    // Nothing of our environment: no keys, no addresses.
    env: { NODE_ENV: 'production' },
    execArgv: ['--permission', '--allow-fs-read=*', `--allow-fs-write=${task.folder}`, '--allow-addons', '--allow-worker', '--max-old-space-size=768', '--no-warnings'],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  const ended = new AbortController()
  const end = (reason: unknown) => {
    if (!ended.signal.aborted) ended.abort(reason)
    child.kill('SIGKILL')
  }
  const giveUp = () => end(new BadFile('media_took_too_long', { name: task.name }))
  const timers = [setTimeout(giveUp, ms), setTimeout(giveUp, quiet)]
  child.on('message', () => timers[1]?.refresh())
  const watch = setInterval(() => void memoryOf(child).then((used) => {
    if (used > bytes) end(new BadFile('media_too_big_to_open', { name: task.name, limit: 'what this server has memory for' }))
  }), watchEveryMs)
  const onAbort = () => end(signal.reason)
  signal.addEventListener('abort', onAbort)
  try {
    return await answerOf(child, task, options.say, ended.signal)
  }
  finally {
    timers.forEach(clearTimeout)
    clearInterval(watch)
    signal.removeEventListener('abort', onAbort)
    child.kill('SIGKILL')
  }
}

function answerOf(child: ChildProcess, task: Task, say: Say, ended: AbortSignal): Promise<Made> {
  return new Promise((resolve, reject) => {
    let started = false
    let soFar: Made | null = null
    child.on('message', (word: Word) => {
      if (word.kind === 'started') started = true
      else if (word.kind === 'progress') say(word.percent)
      else if (word.kind === 'so far') soFar = word.made
      else if (word.kind === 'made') resolve(word.made)
      else if (word.kind === 'bad') reject(new BadFile(word.trouble.code, word.trouble.details))
      else reject(new Error(`Opening a file failed: ${word.reason}`))
    })
    child.once('error', reject)
    // 'close' comes after the last message. A decoder that crashes, or runs out of its heap, did so because of the file;
    // a program that never ran did not.
    child.once('close', (code, by) => {
      const fault: unknown = ended.aborted ? ended.reason : started ? new CrashedFile(task.name, by ?? `exit code ${code}`) : new Error(`The program that opens files could not be started (exit code ${code})`)
      if (soFar && fault instanceof BadFile) resolve({ ...soFar, notice: fault.trouble })
      else reject(fault)
    })
    child.send(task, error => error && child.kill('SIGKILL'))
  })
}

/** Resident bytes of the child; 0 where the system does not tell (only Linux does this way). */
async function memoryOf(child: ChildProcess): Promise<number> {
  const text = await readFile(`/proc/${child.pid}/statm`, 'utf8').catch(() => '')
  return Number(text.split(' ')[1] ?? 0) * 4096
}
