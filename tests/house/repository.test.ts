import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { settingNames } from '../../server/config.ts'
import { listFiles, read } from './files.ts'

const files = listFiles().filter(path => existsSync(join(import.meta.dirname, '../..', path)))

describe('settings', () => {
  it('are described in .env.example, each once and no other', () => {
    const described = read('.env.example').match(/^[A-Z][A-Z0-9_]*(?==)/gm) ?? []
    expect(described.toSorted()).toEqual(settingNames.toSorted())
  })
})

describe('npm run dev', () => {
  // Vite would find them at the first answer that needs them, and reload the page under the reader.
  it('knows from the start what pages fetch late', () => {
    const settings = /optimizeDeps: .*/.exec(read('nuxt.config.ts'))?.[0] ?? ''
    const namesIn = (list: string) => [...new RegExp(`${list}: \\[([^\\]]*)\\]`).exec(settings)?.[1]?.matchAll(/'([^']+)'/g) ?? []].map(([, name = '']) => name)
    const [include, exclude] = [namesIn('include'), namesIn('exclude')]
    const late = files.filter(path => /^(components|composables|layouts|pages|plugins|utils)\//.test(path))
      .flatMap(path => [...read(path).matchAll(/import\('([^.~#'][^']*)'\)/g)].map(([, name = '']) => name))
    expect(late.length).toBeGreaterThan(10)
    expect(late.filter(name => !include.includes(name) && !exclude.some(left => name.startsWith(`${left}/`)))).toEqual([])
  })
})

describe('the image', () => {
  it('is built with every tsconfig that the root one refers to', () => {
    const { references } = JSON.parse(read('tsconfig.json')) as { references: { path: string }[] }
    const kept = read('.dockerignore').split('\n').filter(line => line.startsWith('!')).map(line => line.slice(1))
    const inTests = references.map(({ path }) => path.replace(/^\.\//, '')).filter(path => path.startsWith('tests/'))
    expect(kept).toEqual(inTests)
  })

  it('gets settings that there are', () => {
    const [, settings = ''] = /^x-settings:.*\n((?: {2}.*\n)+)/m.exec(read('docker-compose.yml')) ?? []
    const given = settings.match(/(?<=^ {2})[A-Z][A-Z0-9_]*(?=:)/gm) ?? []
    expect(given.length).toBeGreaterThan(10)
    expect(given.filter(name => !settingNames.includes(name))).toEqual(['HOST', 'PORT', 'TMPDIR'])
  })
})

/** Routes that answer without asking who it is, each with its reason. */
const withoutUserRoute: Record<string, string> = {
  'server/routes/ws.ts': 'a socket: the session is found at the upgrade',
  'server/api/live.get.ts': 'an event stream: the session is found before it opens',
}

describe('routes', () => {
  const routes = files.filter(path => /^server\/(api|routes)\/.*\.ts$/.test(path))

  it('are made with defineUserRoute or definePublicRoute, or have their reason in the list', () => {
    const others = routes.filter(path => !/define(User|Public)Route\b/.test(read(path)) && !(path in withoutUserRoute))
    expect(others).toEqual([])
  })

  it('stay short: a schema, one call, one return', () => {
    expect(routes.filter(path => read(path).split('\n').length > 120)).toEqual([])
  })
})

describe('the package', () => {
  const manifest = JSON.parse(read('package.json')) as { scripts: Record<string, string>, dependencies: Record<string, string>, devDependencies: Record<string, string> }

  it('pins every dependency exactly, because npm under another Node would choose another version', () => {
    const loose = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }).filter(([, version]) => !/^\d/.test(version))
    expect(loose).toEqual([])
  })

  it('has a lockfile without addresses of one registry', () => {
    expect(read('package-lock.json')).not.toMatch(/"resolved": "http/)
  })
})

describe('tests', () => {
  it('hold no test that is switched off or runs alone', () => {
    const tests = files.filter(path => /^tests\/.*\.(test|spec)\.ts$/.test(path) && !path.startsWith('tests/house/'))
    expect(tests.filter(path => /\b(it|test|describe)\.(only|skip|todo|fixme)\(/.test(read(path)))).toEqual([])
  })
})

describe('words', () => {
  it('never name a file after chat, thread or room: it is a conversation (docs/glossary.md)', () => {
    const named = files.filter(path => /\.(ts|vue)$/.test(path) && /(^|\/)(chat|thread|room)/i.test(path))
    expect(named).toEqual([])
  })

})

describe('files', () => {
  it('stay within 300 lines', () => {
    const long = files.filter(path => /\.(ts|vue|mjs)$/.test(path) && !path.startsWith('tests/') && read(path).split('\n').length > 301)
    expect(long).toEqual([])
  })
})
