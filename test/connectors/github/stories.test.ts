import t from 'tap'
import github from '../../../src/connectors/github/index.ts'
import { GITHUB_TOKEN, type GitHubOptions, startGitHub } from '../../../src/stand-ins/github.ts'
import { failure } from '../../harness.ts'
import { reading } from '../reading.ts'

type Teardown = Parameters<typeof reading>[0]

async function started(t: Teardown, options: GitHubOptions = {}) {
  const target = await startGitHub(options)
  t.teardown(target.close)
  const settings = { base_url: target.url, repository: 'starfleet/enterprise', token: GITHUB_TOKEN }
  return { target, settings }
}

t.test(
  'all open issues with the labels are listed over several pages, also when one is closed meanwhile',
  async (t) => {
    const { target, settings } = await started(t)
    const start = Date.parse('2026-01-01T00:00:00Z')
    for (let number = 1; number <= 350; number += 1) {
      // More of the same moment than a page holds, as an import into GitHub makes them.
      const at = number > 80 && number <= 250 ? start + 80_000 : start + number * 1000
      target.addIssue({
        number,
        labels: number % 50 === 0 ? ['other'] : ['bug', 'Customer'],
        createdAt: `${new Date(at).toISOString().slice(0, 19)}Z`,
        isPullRequest: number % 7 === 0,
      })
    }
    target.addIssue({ number: 400, state: 'closed', labels: ['bug', 'customer'] })
    target.beforeList((requests) => {
      if (requests === 1) for (const number of [1, 2, 3]) target.issue(number).state = 'closed'
    })
    const ids = await reading(t, github, { ...settings, import_labels: ['bug', ' customer '] }).ids()
    const wanted = Array.from({ length: 350 }, (_, index) => index + 1)
    t.strictSame(ids, wanted.filter((each) => each % 50 !== 0 && each % 7 !== 0).map(String))
  },
)

t.test('a search of GitHub chooses the issues, with the labels if there are any', async (t) => {
  const { target, settings } = await started(t)
  target.addIssue({ number: 1, title: 'Shields are down', milestone: 'Mark II', labels: ['customer'] })
  target.addIssue({ number: 2, title: 'Shields hum', milestone: 'Mark II' })
  target.addIssue({ number: 3, title: 'Shields flicker', milestone: 'Mark III', labels: ['customer'] })
  target.addIssue({ number: 4, title: 'Shields', milestone: 'Mark II', labels: ['customer'], state: 'closed' })
  target.addIssue({ number: 5, title: 'Shields', milestone: 'Mark II', labels: ['customer'], isPullRequest: true })
  const found = (parts: object) => reading(t, github, { ...settings, ...parts }).ids()
  t.strictSame(await found({ import_query: 'milestone:"Mark II"' }), ['1', '2'])
  t.strictSame(await found({ import_query: 'milestone:"Mark II"', import_labels: ['customer'] }), ['1'])
  t.strictSame(await found({ import_query: 'is:closed shields' }), ['4'])
  t.strictSame(await found({ import_query: 'hum' }), ['2'])
})

t.test('a search goes over pages; one that finds more than GitHub shows is an error, and not a part', async (t) => {
  const { target, settings } = await started(t)
  for (let number = 1; number <= 1000; number += 1) target.addIssue({ number, title: 'Shields' })
  const found = reading(t, github, { ...settings, import_query: 'shields' })
  t.equal(new Set(await found.ids()).size, 1000)
  target.addIssue({ number: 1001, title: 'Shields' })
  t.match(await failure(found.ids()), { verdict: 'pause', setting: 'import_query', message: /1001/ })
})

t.test('a search that GitHub gave up, and one that it does not take, are errors', async (t) => {
  const { target, settings } = await started(t)
  const found = reading(t, github, { ...settings, import_query: 'shields' })
  const incomplete = { status: 200, body: '{"total_count":1,"incomplete_results":true,"items":[]}' }
  target.fault(incomplete, { times: 10 })
  t.match(await failure(found.ids()), { verdict: 'retry', message: /gave up/ })
  const other = await started(t)
  t.match(await failure(reading(t, github, { ...other.settings, repository: 'a/b', import_query: 'x' }).ids()), {
    verdict: 'pause',
    setting: 'import_query',
    message: /cannot be searched/,
  })
})

t.test('an issue becomes a story with its type and requester', async (t) => {
  const { target, settings } = await started(t)
  const createdAt = '2026-11-20T07:00:00Z'
  target.addIssue({ number: 7, title: 'Cloak', body: 'a\r\nb', labels: ['x', 'type: Bug'], createdAt })
  target.addIssue({ number: 8, body: null, labels: ['bug'], type: 'Feature' })
  const story = { name: 'Issue 8', description: '', requestedBy: 'grace', estimate: null }
  t.strictSame(await reading(t, github, settings).stories(), [
    {
      externalId: '7',
      name: 'Cloak',
      description: 'a\nb',
      requestedBy: 'grace',
      createdAt: new Date(createdAt),
      type: 'Bug',
      estimate: null,
    },
    { ...story, externalId: '8', createdAt: new Date('2026-11-20T08:00:00Z'), type: 'Feature' },
  ])
})

t.test('a list of a repository that is not shown, or without issues, is an error, and not empty', async (t) => {
  const { settings } = await started(t)
  t.match(await failure(reading(t, github, { ...settings, repository: 'a/b' }).ids()), {
    verdict: 'pause',
    setting: 'repository',
  })
  const repositories = [{ id: 42, name: 'starfleet/enterprise', roles: { 7: 'write' as const }, hasIssues: false }]
  const off = await started(t, { repositories })
  t.match(await failure(reading(t, github, off.settings).ids()), { verdict: 'pause', setting: 'repository' })
})

t.test('an answer leads nowhere but to its own list', async (t) => {
  const { target, settings } = await started(t)
  target.addIssue({ number: 1 })
  const link = '<https://elsewhere.example/steal?page=2>; rel="next"'
  target.fault({ status: 200, headers: { link }, body: '[]' })
  t.strictSame(await reading(t, github, settings).ids(), ['1'])
  t.equal(target.requests.length, 2)
  t.ok(target.requests.every(({ path }) => path === '/api/v3/repos/starfleet/enterprise/issues'))
})
