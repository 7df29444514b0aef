import t, { type Test } from 'tap'
import getSatisfaction from '../../../src/connectors/get-satisfaction/index.ts'
import { configured, openSession, problemsOf } from '../../harness.ts'
import { activity } from '../../store/database.ts'
import { type GetSatisfactionOptions, startGetSatisfaction, type TopicSeed } from '../../targets/get-satisfaction.ts'
import { reading } from '../reading.ts'

const PLACE = { company: 'acme', base_url: 'http://127.0.0.1' }

async function open(t: Test, options: GetSatisfactionOptions, settings: object = {}) {
  const target = await startGetSatisfaction(options)
  t.teardown(() => target.close())
  return { target, ...reading(t, getSatisfaction, { ...PLACE, base_url: target.url, ...settings }) }
}

/** Ideas with these numbers, the first written first. */
function ideas(count: number): TopicSeed[] {
  return Array.from({ length: count }, (_, index) => ({ id: index + 1, style: 'idea' }))
}

t.test('ideas and problems become stories, the newest first; other styles and complete topics do not', async (t) => {
  const { stories } = await open(t, {
    companies: {
      acme: [
        {
          id: 4000001,
          style: 'problem',
          status: null,
          subject: 'Shields fail <at> warp 9 & above',
          content:
            '<p>Steps:</p><ul><li>raise <b>shields</b></li><li>engage</li></ul>See <a href="http://acme.example.com/log?a=1&amp;b=2">the log</a> &ndash; \u05e9\u05dc\u05d5\u05dd \ud83d\ude80',
          author: 'James Kirk',
          createdAt: '2011/06/16 14:52:20 +0200',
        },
        { id: 4000002, style: 'question' },
        { id: 4000003, style: 'praise' },
        { id: 4000004, style: 'update' },
        { id: 4000005, style: 'problem', status: 'complete' },
        { id: 4000006, style: 'idea', status: 'rejected', subject: 'Cloak', author: null, createdAt: 'once' },
        { id: 4000007, style: 'idea', status: 'active', content: 'two\nlines &lt;b&gt;' },
      ],
    },
  })
  t.strictSame(await stories(), [
    {
      externalId: '4000007',
      name: 'Topic 4000007',
      description: 'two\nlines <b>\n\nhttp://getsatisfaction.com/acme/topics/topic_4000007-4000007',
      requestedBy: 'John Doe',
      createdAt: new Date('2011-06-16T14:52:20Z'),
      type: 'idea',
      estimate: null,
    },
    {
      externalId: '4000006',
      name: 'Cloak',
      description: 'http://getsatisfaction.com/acme/topics/cloak-4000006',
      requestedBy: '',
      createdAt: null,
      type: 'idea',
      estimate: null,
    },
    {
      externalId: '4000001',
      name: 'Shields fail <at> warp 9 & above',
      description:
        'Steps:\n\n * raise shields\n * engage\n\nSee the log (http://acme.example.com/log?a=1&b=2) \u2013 \u05e9\u05dc\u05d5\u05dd \ud83d\ude80\n\nhttp://getsatisfaction.com/acme/topics/shields_fail_at_warp_9_above-4000001',
      requestedBy: 'James Kirk',
      createdAt: new Date('2011-06-16T12:52:20Z'),
      type: 'problem',
      estimate: null,
    },
  ])
})

t.test('an idea becomes a feature, a problem a bug', async (t) => {
  t.strictSame(configured(getSatisfaction, PLACE).imports?.storyTypes, {
    byType: { idea: 'feature', problem: 'bug' },
    otherwise: 'feature',
  })
})

t.test('all pages are read in order, thirty topics each', async (t) => {
  const cases: [string, number, Omit<GetSatisfactionOptions, 'companies'>, string[]][] = [
    ['with a count', 95, {}, ['1', '2', '3', '4']],
    ['without a count', 95, { hasTotal: false }, ['1', '2', '3', '4']],
    ['when the last page is full', 60, {}, ['1', '2']],
    ['when there are fewer on a page', 95, { mostAtOnce: 20 }, ['1', '2', '3', '4', '5']],
    ['when there are fewer on a page and no count', 95, { mostAtOnce: 20, hasTotal: false }, ['1', '2', '3', '4', '5']],
    ['when the last page is full and there is no count', 60, { hasTotal: false }, ['1', '2', '3']],
  ]
  for (const [name, count, options, asked] of cases) {
    const { target, ids } = await open(t, { companies: { acme: ideas(count) }, ...options })
    t.strictSame(
      await ids(),
      Array.from({ length: count }, (_, index) => String(count - index)),
      name,
    )
    const pages = new Set(target.requests.map(({ query }) => query.get('page') ?? ''))
    for (const page of asked) t.ok(pages.has(page), `${name}: page ${page} was asked for`)
    t.strictSame(new Set(target.requests.map(({ query }) => query.get('limit'))), new Set(['30']), name)
  }
})

t.test('a topic that moves to the next page while the list is read is shown once', async (t) => {
  const target = await startGetSatisfaction({ companies: { acme: ideas(70) } })
  t.teardown(() => target.close())
  // The first page is read alone, and this is written before the others are asked for.
  const { session, close } = openSession(getSatisfaction, { ...PLACE, base_url: target.url })
  t.teardown(close)
  const found: string[] = []
  for await (const page of session.stories?.() ?? []) {
    if (found.length === 0) target.add('acme', { id: 1000, style: 'idea' })
    found.push(...page.map(({ externalId }) => externalId))
  }
  t.strictSame(
    found,
    Array.from({ length: 70 }, (_, index) => String(70 - index)),
  )
})

t.test('if a product is set, only its topics are shown', async (t) => {
  const companies = { acme: [...ideas(2), { id: 7, style: 'problem', product: 'acme_rockets' } as const] }
  const { ids } = await open(
    t,
    { companies, products: { acme: ['acme_rockets'] } },
    { company: 'https://getsatisfaction.com/acme/', product: 'http://getsatisfaction.com/acme/products/acme_rockets' },
  )
  t.strictSame(await ids(), ['7'])
})

t.test('complete topics are left out even if the server ignores the parameter status', async (t) => {
  const companies = { acme: [{ id: 1, style: 'idea', status: 'complete' } as const, { id: 2, style: 'idea' } as const] }
  const { ids } = await open(t, { companies, ignoresStatus: true })
  t.strictSame(await ids(), ['2'])
})

t.test('a company without topics is an empty list', async (t) => {
  const { stories, check } = await open(t, { companies: { acme: [] } })
  t.strictSame(await stories(), [])
  t.strictSame(await check(), [
    {
      level: 'ok',
      setting: null,
      message: 'the company acme can be read; 0 of its 0 topics can become stories',
    },
  ])
})

t.test('a private community is read with email and password', async (t) => {
  const members = { 'relay@acme.example.com': 'p:s\u00e4' }
  const login = { email: 'relay@acme.example.com', password: 'p:s\u00e4' }
  const { ids } = await open(t, { companies: { acme: ideas(1) }, members }, login)
  t.strictSame(await ids(), ['1'])
})

t.test('each error names the setting and what to do, in the list and in the check', async (t) => {
  const members = { 'relay@acme.example.com': 'right' }
  const wrong = { email: 'relay@acme.example.com', password: 'wr0ng-secret' }
  const companies = { acme: ideas(1) }
  const cases: [GetSatisfactionOptions, object, string, string][] = [
    [
      { companies },
      { company: 'acmee' },
      'company',
      'Get Satisfaction has no company acmee (404): set company to what follows getsatisfaction.com/ in the URL of the community',
    ],
    [
      { companies },
      { company: 'acmee', product: 'rockets' },
      'company',
      'Get Satisfaction has no company acmee (404): set company to what follows getsatisfaction.com/ in the URL of the community',
    ],
    [
      { companies },
      { product: 'rockets' },
      'product',
      'Get Satisfaction has no product rockets of the company acme (404): set product to what follows /products/ in the URL of its page, or leave it blank for the whole company',
    ],
    [
      { companies, members },
      {},
      'email',
      'Get Satisfaction asks for a login (401): set email and password of a member',
    ],
    [
      { companies, members },
      wrong,
      'password',
      'Get Satisfaction rejects email and password (401): set those of a member',
    ],
  ]
  for (const [options, settings, setting, message] of cases) {
    const { stories, check } = await open(t, options, settings)
    await t.rejects(stories(), { name: 'DeliveryError', setting, message, verdict: 'pause' })
    t.strictSame(await check(), [{ level: 'error', setting, message }])
  }
})

t.test('an answer that is not a list of topics is an error, not an empty list', async (t) => {
  const notTheApi =
    "the answer (200) is not a list of topics in the format of Get Satisfaction's API: check base_url, and any proxy in between"
  const page = { 'content-type': 'text/html' }
  const cases: [string, object, string][] = [
    ['a login page', { status: 200, headers: page, body: '<html><form>Log in</form></html>' }, notTheApi],
    ['nothing', { status: 200, headers: page, body: '' }, notTheApi],
    ['other JSON', { status: 200, headers: page, body: '{"error":"gone"}' }, notTheApi],
    ['topics without an id', { status: 200, headers: page, body: '{"total":1,"data":[{"style":"idea"}]}' }, notTheApi],
    [
      'a redirect',
      { status: 302, headers: { location: 'http://127.0.0.1/login' } },
      'Get Satisfaction answered 302, a redirect, which is never followed: set base_url to the URL that it points to',
    ],
    [
      'a closed door',
      { status: 403 },
      'Get Satisfaction does not let this login read the community (403): set email and password of a member of it',
    ],
  ]
  for (const [name, answer, message] of cases) {
    const { target, stories } = await open(t, { companies: { acme: ideas(1) } })
    target.down({ status: 200, ...answer })
    await t.rejects(stories(), { message }, name)
  }
})

t.test('a page that fails is an error even if earlier pages were read', async (t) => {
  const { target, stories } = await open(t, { companies: { acme: ideas(45) } })
  target.fault({ status: 400, body: 'no' }, { times: 9, where: ({ query }) => query.get('page') === '2' })
  await t.rejects(stories(), { message: 'Get Satisfaction answered 400', status: 400 })
})

t.test('an empty page before the last one is an error, because the list would be incomplete', async (t) => {
  const { stories } = await open(t, { companies: { acme: ideas(300) }, lostPage: 3 })
  await t.rejects(stories(), {
    verdict: 'retry',
    message: 'Get Satisfaction counts 300 topics but gives only 60: page 3 is empty',
  })
})

t.test('a page that repeats earlier ones is an error, because the list would never end', async (t) => {
  const { stories } = await open(t, { companies: { acme: ideas(70) }, ignoresPage: true })
  await t.rejects(stories(), {
    message: 'page 2 repeats the topics of earlier pages: the server at base_url ignores the parameter page',
  })
})

t.test('a page is read again after a rate limit, a server error or an answer that broke off', async (t) => {
  const faults = [{ status: 429, headers: { 'retry-after': '0' } }, { status: 503 }, 'reset mid-body', 'reset'] as const
  for (const fault of faults) {
    const { target, ids } = await open(t, { companies: { acme: ideas(31) } })
    target.fault(fault, { where: ({ query }) => query.get('page') === '2' })
    t.equal((await ids()).length, 31, JSON.stringify(fault))
    t.equal(target.requests.filter(({ query }) => query.get('page') === '2').length, 2, JSON.stringify(fault))
  }
})

t.test('a rate limit that lasts longer than Tracker waits is reported at once', async (t) => {
  const { target, stories } = await open(t, { companies: { acme: ideas(1) } })
  target.down({ status: 429, headers: { 'retry-after': '600' } })
  await t.rejects(stories(), { retryAfterMs: 600_000, message: 'Get Satisfaction answered 429; over its rate limit' })
  t.equal(target.requests.length, 1)
})

t.test('only GET requests are sent, and activities have no effect', async (t) => {
  const { target, stories, check } = await open(t, { companies: { acme: ideas(3) } })
  await stories()
  await check()
  t.strictSame(new Set(target.requests.map(({ method }) => method)), new Set(['GET']))
  const { session, close } = openSession(getSatisfaction, PLACE)
  t.teardown(close)
  t.equal(session.perform, undefined)
  t.strictSame(configured(getSatisfaction, PLACE).plan(activity(1)), [])
})

t.test('wrong settings are reported before anything is sent', async (t) => {
  const cases: [object, string[]][] = [
    [{ company: 'acme' }, []],
    [{ company: 'getsatisfaction.com/acme', product: 'acme_rockets' }, []],
    [{ company: 'a/b' }, ['company']],
    [{ company: '..' }, ['company']],
    [{ company: 'acme', product: 'x y' }, ['product']],
    [{ company: 'acme', base_url: 'ftp://a' }, ['base_url']],
    [{ company: 'acme', base_url: 'https://u:p@a/' }, ['base_url']],
    [{ company: 'acme', email: 'a@b' }, ['password']],
    [{ company: 'acme', password: 'p' }, ['email']],
    [{ company: 'acme', email: 'a:b', password: 'p' }, ['email']],
  ]
  for (const [given, expected] of cases)
    t.strictSame(
      problemsOf(getSatisfaction, given).map(({ setting }) => setting),
      expected,
      JSON.stringify(given),
    )
})

t.test('topics have a URL only at Get Satisfaction itself', async (t) => {
  const cases: [object, string | null][] = [
    [{ company: 'acme' }, 'https://getsatisfaction.com/acme'],
    [{ company: 'http://getsatisfaction.com/acme/' }, 'https://getsatisfaction.com/acme'],
    [{ company: 'acme', base_url: 'https://api.GetSatisfaction.com/' }, 'https://getsatisfaction.com/acme'],
    [{ company: 'acme', base_url: 'https://topics.acme.example.com/api' }, null],
    [{ company: 'acme', base_url: 'https://notgetsatisfaction.com' }, null],
  ]
  for (const [given, expected] of cases)
    t.equal(configured(getSatisfaction, given).ticketUrl, expected, JSON.stringify(given))
})
