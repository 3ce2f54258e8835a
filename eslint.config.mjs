/** How the code must look and who may import whom (docs/architecture.md, CONTRIBUTING.md). A rule that no tool checks is a wish. */
import withNuxt from './.nuxt/eslint.config.mjs'

const nodeFolders = ['server/**/*.ts', 'db/**/*.ts', 'shared/**/*.ts', 'utils/**/*.ts', 'scripts/**', 'bench/**', 'tests/**/*.ts']
const browser = ['pages/**', 'layouts/**', 'middleware/**', 'plugins/**', 'components/**', 'composables/**', 'utils/**', '*.vue']

/** One room's walls: `regex` of what its files may not import, with the reason. `types: true` lets types through. */
const wall = (regex, message, types = false) => ({ regex, message, allowTypeImports: types })
const walls = (name, files, patterns, ignores = []) => ({
  name: `house/walls/${name}`,
  files,
  ignores,
  rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns }] },
})

const implementations = wall(
  '(^|/)(queue/(graphile|sqlite)|bus/(postgres|in-process)|media/(local|s3)|models/(open|openai|demo)|db/open\\.(sqlite|postgres))(\\.ts)?$',
  'Only server/services.ts chooses implementations. Take `services` as an argument.',
)
const noSql = wall('^drizzle-orm', 'SQL lives under db/. Add a query to db/queries/.', true)
const noBrowser = wall('(^|/)(components|composables|pages|layouts)/', 'The server does not know the browser.')
const noEdges = wall('(^|/)(api|routes|plugins)/|^(h3|crossws|nitropack|#imports)', 'Rules know neither HTTP nor sockets. Throw an AppError.')

export default withNuxt(
  { name: 'house/ignores', ignores: ['db/migrations/**', 'bench/results/**', '.cache/**', 'playwright-report/**', 'test-results/**'] },
  {
    name: 'house/size',
    rules: {
      'max-lines': ['error', { max: 300 }],
      // A switch counts as one: it is a table.
      'complexity': ['error', { max: 12, variant: 'modified' }],
      'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx'], location: 'start' }],
      'no-restricted-syntax': ['error', {
        selector: 'MemberExpression[object.name="process"][property.name="env"]',
        message: 'Only server/config.ts reads the environment. Take the Config as an argument.',
      }],
      'import/no-cycle': ['error', { maxDepth: 10, ignoreExternal: true }],
      'vue/no-v-html': 'error',
      'vue/multi-word-component-names': 'off',
    },
    settings: { 'import-x/resolver': { node: { extensions: ['.ts', '.mjs', '.js', '.vue'] } }, 'import/resolver': { node: { extensions: ['.ts', '.mjs', '.js', '.vue'] } } },
  },
  {
    name: 'house/types',
    files: ['**/*.ts', '**/*.vue'],
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports', disallowTypeAnnotations: false }],
    },
  },
  {
    name: 'house/functions',
    files: ['**/*.ts', '**/*.mjs', '**/*.vue'],
    // The one definition of the tables is a list, not a function to follow.
    ignores: ['tests/**', '*.config.*', 'db/tables.ts'],
    rules: { 'max-lines-per-function': ['error', { max: 60, skipComments: true, skipBlankLines: true }] },
  },
  {
    name: 'house/the-environment',
    files: ['server/config.ts', 'nuxt.config.ts', '*.config.*', 'scripts/**', 'bench/**', 'tests/**'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    name: 'house/floating-promises',
    files: ['server/**/*.ts', 'db/**/*.ts', 'shared/**/*.ts'],
    languageOptions: { parserOptions: { project: './tests/tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': ['error', { ignoreVoid: true }],
      '@typescript-eslint/await-thenable': 'error',
    },
  },
  {
    name: 'house/runs-as-it-stands',
    files: nodeFolders,
    rules: { 'import/extensions': ['error', 'ignorePackages', { ts: 'always' }], '@typescript-eslint/parameter-properties': 'error' },
  },
  {
    name: 'house/one-guarded-fetch',
    files: ['server/**/*.ts'],
    ignores: ['server/models/outbound.ts'],
    rules: { 'no-restricted-globals': ['error', { name: 'fetch', message: 'Requests to the outside go through server/models/outbound.ts.' }] },
  },
  { name: 'house/tests', files: ['tests/**'], rules: { '@typescript-eslint/no-non-null-assertion': 'off', 'no-empty-pattern': 'off' } },

  walls('shared', ['shared/**'], [wall('^\\.\\./|^~|^#', 'shared/ imports nothing of ours but itself.')]),
  walls('browser', browser, [wall('(^|/)(server|db|tests|scripts)/', 'The browser imports shared/ only.')]),
  walls('db', ['db/**/*.ts'], [noBrowser, wall('/server/', 'db/ knows tables and SQL, not the product.', true)], ['db/open.*.ts']),
  walls('server', ['server/**/*.ts'], [noBrowser, noSql, implementations], ['server/services.ts', 'server/domain/**', 'server/jobs/**', 'server/live/**', 'server/queue/**', 'server/bus/**', 'server/auth.ts', 'server/commands/**']),
  walls('seams', ['server/queue/**', 'server/bus/**', 'server/media/**', 'server/models/**'], [noBrowser, noEdges, wall('(^|/)(domain/(?!errors)|jobs/|live/)', 'A seam does not know the product.', true)]),
  walls('domain', ['server/domain/**'], [noBrowser, noSql, noEdges, implementations, wall('(^|/)(live|jobs)/', 'The domain is called by live and jobs, never the other way round.')]),
  walls('jobs', ['server/jobs/**'], [noBrowser, noSql, noEdges, implementations, wall('(^|/)live/', 'Jobs do not know sockets; they publish on the bus.')]),
  walls('live', ['server/live/**'], [noBrowser, noSql, implementations, wall('(^|/)jobs/', 'Live enqueues through the domain.')]),
  walls('edges', ['server/api/**', 'server/routes/**'], [noBrowser, noSql, implementations, wall('(^|/)db/', 'An edge calls the domain, not the database.', true)]),
)
