/** What is broken on purpose for `--self-check`: a judge that finds nothing must be known to find something. */
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type postgres from 'postgres'
import { buildOnce } from '../build-once.mjs'

export type Found = 'lost' | 'doubled' | 'stuck'

export interface Sabotage {
  what: string
  /** Of the judge's findings, those it must be found by. */
  finds: readonly Found[]
  /** What is done to the fleet beside: as little as it takes. */
  faults: readonly string[]
  /** A piece of the built server, and what stands there instead. */
  build?: { piece: string, instead: string }
  database?: (sql: postgres.Sql) => Promise<unknown>
}

/** Of three replies that end, one loses the end of its text and one has it twice. */
const spoil = (sql: postgres.Sql) => sql.unsafe(`
  create sequence spoil_turn;
  create function spoil() returns trigger language plpgsql as $$ begin
    if new.status = 'done' and new.role = 'assistant' then
      case nextval('spoil_turn') % 3
        when 0 then new.content := left(new.content, -3);
        when 1 then new.content := new.content || new.content;
        else null;
      end case;
    end if;
    return new;
  end $$;
  create trigger spoil before update on message for each row execute function spoil();`)

export const sabotages: readonly Sabotage[] = [
  { what: 'the database spoils texts', finds: ['lost', 'doubled'], faults: [], database: spoil },
  { what: 'nobody looks for the replies of dead workers', finds: ['stuck'], faults: ['worker killed'], build: { piece: 'const lookEveryMs = 500;', instead: 'const lookEveryMs = 3600000;' } },
  { what: 'who comes back is told again what it knows', finds: ['doubled'], faults: [], build: { piece: '.slice(Math.max(0, from - n))', instead: '.slice(0)' } },
]

function* filesBelow(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true }))
    if (entry.isFile() && entry.name.endsWith('.mjs')) yield join(entry.parentPath, entry.name)
}

/** A copy of the build with one piece of it replaced. */
export async function breakBuild({ piece, instead }: NonNullable<Sabotage['build']>): Promise<{ folder: string, remove(): void }> {
  const whole = await buildOnce()
  const folder = mkdtempSync(join(tmpdir(), 'parley-broken-'))
  const chunks = join(folder, 'server', 'chunks')
  cpSync(join(whole, 'server'), join(folder, 'server'), { recursive: true, filter: path => !path.endsWith('node_modules') })
  symlinkSync(join(whole, 'server', 'node_modules'), join(folder, 'server', 'node_modules'))
  symlinkSync(join(whole, 'public'), join(folder, 'public'))
  const holding = [...filesBelow(chunks)].filter(file => readFileSync(file, 'utf8').includes(piece))
  const [file] = holding
  if (!file || holding.length > 1) throw new Error(`The self-check is out of date: ${holding.length} files of the build hold “${piece}”.`)
  const text = readFileSync(file, 'utf8')
  if (text.split(piece).length !== 2) throw new Error(`The self-check is out of date: the build holds “${piece}” more than once.`)
  writeFileSync(file, text.replace(piece, instead))
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
