// Who may import whom: CONTRIBUTING.md draws it. Types count like values, since a reader follows both.

const floors = {
  main: '^src/(main|health)\\.ts$',
  commands: '^src/commands/',
  'stand-ins': '^src/stand-ins/',
  gateway: '^src/gateway/',
  routes: '^src/routes/',
  operations: '^src/operations/',
  imports: '^src/imports/',
  queue: '^src/queue/',
  links: '^src/links/',
  store: '^src/store/',
  contract: '^src/connectors/contract/',
  kit: '^src/connectors/kit/',
  registry: '^src/connectors/registry\\.ts$',
  connector: '^src/connectors/(?!contract/|kit/)[^/]+/',
  config: '^src/config/',
  sourceContract: '^src/sources/contract/',
  sourceKit: '^src/sources/kit/',
  sourceRegistry: '^src/sources/registry\\.ts$',
  source: '^src/sources/(?!contract/|kit/)[^/]+/',
  expressions: '^src/expressions/',
  tracker: '^src/tracker/',
  csv: '^src/csv/',
  http: '^src/http/',
  observability: '^src/observability/',
}

const underStore = ['contract', 'tracker', 'http']
const underLinks = ['store', 'csv', ...underStore]
const underQueue = ['links', 'sourceContract', ...underLinks, 'observability']
const underOperations = ['queue', ...underQueue]
const underRoutes = ['imports', 'operations', ...underOperations]
const underGateway = ['routes', ...underRoutes, 'registry', 'sourceRegistry', 'source', 'config']
const underCommands = ['gateway', 'stand-ins', ...underGateway]

const below = {
  main: ['commands', ...underCommands],
  commands: underCommands,
  'stand-ins': [],
  gateway: underGateway,
  routes: underRoutes,
  operations: underOperations,
  imports: underQueue,
  queue: underQueue,
  links: underLinks,
  store: underStore,
  registry: ['connector', 'contract'],
  connector: ['kit', 'csv', 'expressions', ...underStore],
  kit: underStore,
  contract: ['tracker', 'http'],
  config: ['sourceContract', ...underStore],
  sourceRegistry: ['source', 'sourceContract'],
  source: ['sourceKit', 'sourceContract', 'expressions', ...underStore],
  sourceKit: ['sourceContract', ...underStore],
  sourceContract: ['contract', 'tracker', 'http'],
  expressions: ['kit'],
  tracker: ['http'],
  csv: [],
  http: [],
  observability: [],
}

const directions = Object.entries(below).map(([floor, allowed]) => ({
  name: `${floor}-imports-downwards`,
  comment: `${floor} may import: ${allowed.join(', ') || 'nothing of ours'}`,
  severity: 'error',
  from: { path: floors[floor] },
  to: { path: '^src/', pathNot: [floors[floor], ...allowed.map((name) => floors[name])] },
}))

module.exports = {
  forbidden: [
    ...directions,
    {
      name: 'connectors-are-strangers',
      comment: 'what two connectors share moves to connectors/kit/ under its own name',
      severity: 'error',
      from: { path: '^src/connectors/(?!contract/|kit/)([^/]+)/' },
      to: { path: floors.connector, pathNot: '^src/connectors/$1/' },
    },
    {
      name: 'sources-are-strangers',
      comment: 'what two sources share moves to sources/kit/ under its own name',
      severity: 'error',
      from: { path: '^src/sources/(?!contract/|kit/)([^/]+)/' },
      to: { path: floors.source, pathNot: '^src/sources/$1/' },
    },
    {
      name: 'every-file-has-a-floor',
      comment: 'a new folder of src/ is named in this file, with what it may import',
      severity: 'error',
      from: { path: '^src/', pathNot: Object.values(floors) },
      to: {},
    },
    {
      name: 'knex-lives-in-the-store',
      comment: 'a builder that is not awaited never runs; the other source of tickets reads databases of its own',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/store/', '^src/connectors/other/'] },
      to: { path: '^node_modules/(knex|pg|sqlite3)/' },
    },
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(build|dist)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
}
