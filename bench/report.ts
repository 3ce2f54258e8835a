/** Where the figures of a bench go: printed, and kept in bench/results/ beside the others. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'
import { join } from 'node:path'

const date = () => new Date().toISOString().slice(0, 10)

/** A busy machine makes every figure worse, so its load is told with them. */
export const machine = () => `${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), ${Math.round(totalmem() / 1024 ** 3)} GB, Node ${process.version}, load ${loadavg()[0]?.toFixed(1)}`

/** Writes `results/<date><-part>.md` and `.json`. */
export function report(part: 'load' | 'page' | 'search', text: string, figures: unknown): void {
  const name = part === 'load' ? date() : `${date()}-${part}`
  const page = `# Bench of ${date()}${part === 'load' ? '' : `: ${part}`}\n\n${machine()}. ${text}\n`
  console.log(`\n${page}`)
  const folder = join(import.meta.dirname, 'results')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${name}.md`), page)
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(figures, null, 2)}\n`)
}
