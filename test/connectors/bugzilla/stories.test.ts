import t, { type Test } from 'tap'
import bugzilla from '../../../src/connectors/bugzilla/index.ts'
import type { ExternalStory } from '../../../src/connectors/contract/connector.ts'
import { DeliveryError } from '../../../src/connectors/contract/delivery-error.ts'
import {
  type Bug,
  type BugzillaOptions,
  type BugzillaStandIn,
  bug,
  product,
  standardUsers,
  startBugzilla,
  type VersionName,
  versions,
} from '../../../src/stand-ins/bugzilla.ts'
import type { Recorded } from '../../../src/stand-ins/stand-in.ts'
import { configured } from '../../harness.ts'
import { type Reading, reading } from '../reading.ts'

const relay = { username: 'relay@relay.test', password: 'Relay-Passw0rd1' }
const relayKey = { username: 'relay@relay.test', api_key: 'Kq3vRelayKey' }
const all = Object.keys(versions) as VersionName[]
const users = standardUsers.map((user) => (user.id === 4 ? { ...user, realName: 'Ada Lovelace' } : user))
const anyText = 'Drucker "brennt" <b>& raucht</b>\n\tקפטן ‏קירק‏ 漢字 \u0007 &amp; ]]>'

interface Source extends Reading {
  readonly target: BugzillaStandIn
}

async function source(t: Test, options: BugzillaOptions, settings: object = {}): Promise<Source> {
  const target = await startBugzilla({ users, ...options, bugs: ofItsTime(options) })
  t.teardown(() => target.close())
  const login = 'api_key' in settings ? {} : relay
  return { target, ...reading(t, bugzilla, { url: target.url, ...login, ...settings }, { timeoutMs: 20_000 }) }
}

/** Before 4.0 no bug was confirmed: it was new. */
function ofItsTime({ version, bugs = [] }: BugzillaOptions): readonly Bug[] {
  if (version?.startsWith('3.') !== true) return bugs
  return bugs.map((each) => (each.status === 'CONFIRMED' ? { ...each, status: 'NEW' } : each))
}

/** A bug as it was reported by Ada, with what others said later. */
function reported(id: number, parts: Partial<Bug> = {}, later: readonly string[] = []): Bug {
  const createdAt = parts.createdAt ?? new Date('2026-11-23T23:19:33Z')
  const said = (text: string, at: number, author: string) => ({
    id: id * 1000 + at,
    author,
    text,
    time: new Date(createdAt.getTime() + at * 3_600_000),
    isPrivate: false,
  })
  const comments = [
    said(`what bug ${id} is about`, 0, 'insider@relay.test'),
    ...later.map((text, at) => said(text, at + 1, 'plain@relay.test')),
  ]
  return bug(id, { createdAt, comments, ...parts })
}

const some = (count: number, parts: (id: number) => Partial<Bug> = () => ({})): Bug[] =>
  Array.from({ length: count }, (_, at) => reported(at + 1, parts(at + 1)))

const idsTo = (count: number): string[] => Array.from({ length: count }, (_, at) => String(at + 1))

async function failure({ stories }: Reading): Promise<{ verdict: string; message: string; found?: ExternalStory[] }> {
  try {
    return { verdict: 'none', message: '', found: await stories() }
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error
    t.notMatch(error.message, /Passw0rd|Kq3v/)
    return { verdict: error.verdict, message: error.message }
  }
}

const asks =
  (what: RegExp) =>
  ({ path, body, query }: Recorded): boolean =>
    what.test(`${path}?${query} ${body}`)

for (const version of all)
  t.test(`bugs are read whole from ${version}, the oldest first`, async (t) => {
    const createdAt = new Date('2026-11-23T23:19:33Z')
    const { target, stories } = await source(t, {
      version,
      zone: -5,
      bugs: [
        reported(12, { summary: 'Printer is on fire', createdAt }, ['indeed', 'bring water']),
        reported(7, { summary: anyText, severity: 'enhancement', type: 'enhancement', createdAt }),
        reported(8, { status: 'RESOLVED', resolution: 'FIXED' }),
        reported(9, { reporter: 'plain@relay.test', comments: [], createdAt }),
      ],
    })
    target.say(9, { author: 'plain@relay.test', text: anyText, time: createdAt })
    const isHarmony = version === 'harmony'
    const minute = new Date('2026-11-23T23:19:00Z')
    const at = ['5.0', '5.2', '5.3', 'harmony'].includes(version) ? createdAt : minute
    t.strictSame(await stories(), [
      {
        externalId: '7',
        name: anyText,
        description: 'what bug 7 is about',
        requestedBy: 'Ada Lovelace',
        createdAt: at,
        type: 'enhancement',
        estimate: null,
      },
      {
        externalId: '9',
        name: 'Bug 9',
        description: anyText,
        requestedBy: 'plain@relay.test',
        createdAt: at,
        type: isHarmony ? 'defect' : 'normal',
        estimate: null,
      },
      {
        externalId: '12',
        name: 'Printer is on fire',
        description: 'what bug 12 is about',
        requestedBy: 'Ada Lovelace',
        createdAt: at,
        type: isHarmony ? 'defect' : 'normal',
        estimate: null,
      },
    ])
    t.strictSame(
      target.asked.filter((each) => /add_comment|update|^(POST|PUT)/.test(each)),
      [],
      'nothing is written',
    )
    t.notOk(
      target.requests.some(({ query }) => /Passw0rd|Kq3v/.test(String(query))),
      'no login stands in an address',
    )
  })

t.test('an API key reads what its account may see', async (t) => {
  for (const version of ['5.0', '5.2', '5.3', 'harmony'] as const) {
    const bugs = [reported(1), reported(2, { visibleTo: ['relay@relay.test'] }), reported(3, { visibleTo: [] })]
    const { ids } = await source(t, { version, bugs }, relayKey)
    t.strictSame(await ids(), ['1', '2'], version)
  }
})

for (const version of all)
  t.test(`statuses are excluded by the server's own list in ${version}`, async (t) => {
    const old = version.startsWith('3.')
    const statuses = [...(old ? ['NEW', 'ASSIGNED'] : ['CONFIRMED', 'IN_PROGRESS']), 'WAITING', 'RESOLVED', 'VERIFIED']
    const bugs = statuses.map((status, at) => reported(at + 1, { status }))
    const idsOf = async (settings: object, more: BugzillaOptions = {}): Promise<string[]> =>
      (await source(t, { version, bugs, statuses, ...more }, settings)).ids()
    t.strictSame(await idsOf({}), ['1', '2', '3'])
    t.strictSame(await idsOf({ excluded_statuses: [] }), ['1', '2', '3', '4', '5'])
    t.strictSame(await idsOf({ excluded_statuses: [' '] }), ['1', '2', '3', '4', '5'])
    t.strictSame(await idsOf({ excluded_statuses: ['waiting, resolved', ' Verified '] }), ['1', '2'])
    t.strictSame(await idsOf({ excluded_statuses: ['NOSUCH'] }), ['1', '2', '3', '4', '5'])
    t.strictSame(await idsOf({ excluded_statuses: [], product: 'Relay Product' }), ['1', '2', '3', '4', '5'])
    t.strictSame(await idsOf({ excluded_statuses: [] }, { allowsNoCriteria: false }), ['1', '2', '3', '4', '5'])
    const { target, ids } = await source(t, { version, bugs, statuses }, { excluded_statuses: statuses })
    t.strictSame(await ids(), [])
    t.notOk(
      target.requests.some(asks(/Bug\.search|\/bug\?/)),
      'without a status to ask for there is no question, whose answer would be all bugs',
    )
  })

t.test('a bug whose status changes while the list is read is left out', async (t) => {
  const { target, ids } = await source(t, { version: '4.4', bugs: some(3) })
  target.fault(
    {
      status: 200,
      headers: { 'content-type': 'text/xml' },
      body: '<?xml version="1.0"?><methodResponse><params><param><value><struct><member><name>bugs</name><value><array><data><value><struct><member><name>id</name><value><int>1</int></value></member></struct></value><value><struct><member><name>id</name><value><int>3</int></value></member></struct></value></data></array></value></member></struct></value></param></params></methodResponse>',
    },
    { where: asks(/Bug\.search/) },
  )
  const three = target.bugs.get(3)
  if (three !== undefined) three.status = 'RESOLVED'
  t.strictSame(await ids(), ['1'])
})

for (const version of all)
  t.test(`product and component choose the bugs in ${version}, and wrong ones are told from empty ones`, async (t) => {
    const options: BugzillaOptions = {
      version,
      bugs: [
        reported(1),
        reported(2, { component: 'User Interface' }),
        reported(3, { product: 'Sensors', component: 'Arrays' }),
      ],
      products: [
        product(2, 'Relay Product', ['Backend', 'User Interface', 'Unused']),
        product(3, 'Sensors', ['Arrays']),
        product(4, 'Secret', ['Hidden'], ['insider@relay.test']),
      ],
    }
    const idsOf = async (settings: object): Promise<string[]> => (await source(t, options, settings)).ids()
    t.strictSame(await idsOf({ product: ' relay product ', component: '' }), ['1', '2'])
    t.strictSame(await idsOf({ product: 'Relay Product', component: 'user interface' }), ['2'])
    t.strictSame(await idsOf({ component: 'Arrays' }), ['3'])
    t.strictSame(await idsOf({ product: '', component: '' }), ['1', '2', '3'])
    t.strictSame(await idsOf({ product: 'Relay Product', component: 'Unused' }), [])
    const wrong = async (settings: object) => failure(await source(t, options, settings))
    const noProduct = (name: string) => ({
      verdict: 'pause',
      message: `Bugzilla has no product "${name}" that the account may see; spell product as Bugzilla does, or give the account access`,
    })
    t.strictSame(await wrong({ product: 'Shields' }), noProduct('Shields'))
    t.strictSame(await wrong({ product: 'Secret' }), noProduct('Secret'))
    t.strictSame(await wrong({ product: 'Sensors', component: 'Backend' }), {
      verdict: 'pause',
      message: 'Bugzilla\'s product "Sensors" has no component "Backend"; it has Arrays',
    })
    t.strictSame(await wrong({ component: 'Nowhere' }), {
      verdict: 'pause',
      message:
        'Bugzilla has no bug in a component "Nowhere" that the account may see; spell component as Bugzilla does, or set product too',
    })
  })

for (const version of all)
  t.test(`many bugs come in pages, all of them and each once, in ${version}`, async (t) => {
    const count = 450
    const { target, pages } = await source(t, { version, bugs: some(count).reverse() })
    const read = await pages()
    t.ok(read.length >= 3)
    t.strictSame(
      read
        .flat()
        .map(({ externalId }) => externalId)
        .sort((one, other) => Number(one) - Number(other)),
      idsTo(count),
    )
    t.ok(read.flat().every(({ externalId, description }) => description === `what bug ${externalId} is about`))
    t.ok(target.requests.length < 25, `${target.requests.length} requests`)
  })

for (const version of all)
  t.test(`hidden bugs make no page the last one in ${version}`, async (t) => {
    const hidden = (id: number): boolean => id % 3 === 0 || (id > 100 && id <= 1020)
    const bugs = some(1030, (id) => ({ visibleTo: hidden(id) ? ['insider@relay.test'] : null }))
    const { ids, target } = await source(t, { version, bugs })
    t.strictSame(
      await ids(),
      bugs.filter(({ visibleTo }) => visibleTo === null).map(({ id }) => String(id)),
    )
    t.ok(target.requests.length < 40, `${target.requests.length} requests`)
  })

t.test('pages that the server makes shorter than asked for are read on', async (t) => {
  for (const version of ['4.4', '5.0', '5.2', '5.3', 'harmony'] as const) {
    const { ids } = await source(t, { version, bugs: some(130), maxSearchResults: 50 })
    t.strictSame(await ids(), idsTo(130), version)
  }
})

t.test('no bug is an empty list where the names are right', async (t) => {
  for (const version of all) {
    t.strictSame(await (await source(t, { version })).stories(), [], version)
    t.strictSame(await (await source(t, { version }, { product: 'Relay Product' })).stories(), [], version)
  }
})

for (const version of all)
  t.test(`a refused login is an error in ${version}, never a visitor's list`, async (t) => {
    const bugs = [reported(1), reported(2, { visibleTo: ['relay@relay.test'] })]
    t.strictSame(await failure(await source(t, { version, bugs }, { password: 'wrong' })), {
      verdict: 'pause',
      message: 'Bugzilla does not accept username and password; correct them (five wrong logins lock the account)',
    })
    const { target, ids } = await source(t, { version, bugs })
    t.strictSame(await ids(), ['1', '2'])
    const own = target.users.find(({ id }) => id === 2)
    if (own !== undefined) own.disabled = true
    target.forgetCookies()
    await t.rejects(ids(), { verdict: 'pause', message: /the account is disabled/ })
  })

t.test('a login that something on the way removes is an error, though all questions are answered', async (t) => {
  const bugs = [reported(1), reported(2, { visibleTo: ['relay@relay.test'] })]
  for (const [version, settings, message] of [
    ['3.4', {}, /^Bugzilla takes the relay for a visitor: username and password did not reach it/],
    ['5.3', relayKey, /^Bugzilla takes the relay for a visitor: api_key did not reach it/],
    ['harmony', {}, /^Bugzilla takes the relay for a visitor: username and password did not reach it/],
  ] as const) {
    const lost = await source(t, { version, bugs, losesLogin: true }, settings)
    t.match(await failure(lost), { verdict: 'pause', message }, version)
    t.match((await lost.check()).at(-1), { level: 'error', message }, version)
  }
})

t.test('wrong keys are named', async (t) => {
  for (const version of ['5.2', '5.3'] as const)
    t.match(await failure(await source(t, { version, bugs: some(1) }, { api_key: 'Kq3vWrong' })), {
      verdict: 'pause',
      message: /^Bugzilla does not accept api_key/,
    })
})

t.test('a wrong password is tried once, however often the list is asked for', async (t) => {
  const { target, stories } = await source(t, { version: '5.2' }, { password: 'wrong' })
  for (let times = 0; times < 7; times += 1) await t.rejects(stories(), DeliveryError)
  t.equal(target.asked.filter((method) => method !== 'Bugzilla.version').length, 1)
})

t.test('trouble of the server is sat out, and no page is lost or read twice', async (t) => {
  const page = { status: 503, headers: { 'content-type': 'text/html' }, body: '<html>maintenance</html>' }
  const limited = { status: 429, headers: { 'content-type': 'text/html', 'retry-after': '0' }, body: 'slow down' }
  const troubled = async (version: VersionName): Promise<void> => {
    const { target, ids } = await source(t, { version, bugs: some(230) })
    target.fault(limited, { where: asks(/Bug\.search|\/bug\?/) })
    target.fault('reset', { where: asks(/bug_status/) })
    target.fault(page, { where: asks(/Bug\.comments|\/comment\?/) })
    t.strictSame(await ids(), idsTo(230), version)
  }
  await Promise.all((['3.6', '4.4', '5.2', '5.3', 'harmony'] as const).map(troubled))
})

t.test('trouble that lasts is an error with its reason, and gives away no secret of the server', async (t) => {
  const opened = async (version: VersionName): Promise<Source> => {
    const found = await source(t, { version, bugs: some(1) })
    t.strictSame(await found.ids(), ['1'])
    return found
  }
  const down = await opened('5.2')
  down.target.trouble = 'database down'
  const shut = await opened('5.3')
  shut.target.trouble = 'maintenance'
  const limited = await opened('harmony')
  const fault = '{"error":true,"code":32000,"message":"You have exceeded the rate limit."}'
  const json = { 'content-type': 'application/json' }
  limited.target.fault({ status: 400, headers: json, body: fault }, { where: asks(/\/bug\?/) })
  const gone = await opened('4.4')
  await gone.target.close()
  const [ofDown, ofShut, ofLimited, ofGone] = await Promise.all([down, shut, limited, gone].map(failure))
  t.strictSame(ofDown, {
    verdict: 'hold',
    message: 'Bugzilla cannot reach its database; its own log tells why',
  })
  t.match(ofShut, { verdict: 'retry', message: /^Bugzilla answered 503/ })
  t.strictSame(ofLimited, { verdict: 'hold', message: 'Bugzilla says that its rate limit is reached' })
  t.match(ofGone, { verdict: 'retry', message: /cannot be reached/ })
})

t.test('an error on a later page ends the list with that error', async (t) => {
  for (const version of ['3.6', '4.4', '5.2', '5.3'] as const) {
    const { target, stories } = await source(t, { version, bugs: some(450) })
    let searches = 0
    const isLater = (request: Recorded): boolean => asks(/Bug\.search|\/bug\?/)(request) && ++searches > 2
    target.fault({ status: 403, headers: { 'content-type': 'text/html' }, body: 'no' }, { where: isLater, times: 99 })
    await t.rejects(stories(), { verdict: 'hold', message: /^Bugzilla answered 403/ })
  }
})

t.test('a login that is forgotten while a list is read never makes the list shorter', async (t) => {
  for (const version of ['3.4', '4.4', '5.0', '5.2'] as const) {
    const bugs = some(450, (id) => ({ visibleTo: id > 300 ? ['relay@relay.test'] : null }))
    const { target, stories, ids } = await source(t, { version, bugs })
    let searches = 0
    // Only to see what is asked: nothing is made to fail.
    target.fault('reset', {
      where(request) {
        if (asks(/Bug\.search/)(request) && ++searches === 3) target.forgetCookies()
        return false
      },
    })
    // From 5.0 on the question that met a forgotten login is refused, and asked again with a new one.
    if (version.startsWith('5')) t.strictSame(await ids(), idsTo(450))
    else await t.rejects(stories(), { verdict: 'retry', message: /^Bugzilla forgot the login while the list was read/ })
    t.strictSame(
      [...(await ids())].sort((one, other) => Number(one) - Number(other)),
      idsTo(450),
      version,
    )
  }
})

t.test('more bugs than one list can hold are an error that says how to have fewer', async (t) => {
  const { target, stories } = await source(t, { version: '4.4', bugs: some(1) })
  const headers = { 'content-type': 'text/xml' }
  target.fault({ status: 200, headers, body: Buffer.alloc(17 * 1024 * 1024, 0x20) }, { where: asks(/Bug\.search/) })
  await t.rejects(stories(), {
    verdict: 'dead',
    message: 'Bugzilla has more bugs than the relay can list; set product, or also component',
  })
})

t.test('answers that are none are errors', async (t) => {
  const { target, stories } = await source(t, { version: '5.3', bugs: some(1) })
  target.fault(
    { status: 200, headers: { 'content-type': 'application/json' }, body: '{"bugs":[{"id":"x"}]}' },
    { where: asks(/\/bug\?/) },
  )
  await t.rejects(stories(), { verdict: 'retry', message: /does not fit the question/ })
})

t.test('a private description is not replaced by the comment after it', async (t) => {
  for (const version of all) {
    const secret = reported(1, {}, ['a public answer'])
    const comments = secret.comments.map((each, at) => ({ ...each, isPrivate: at === 0 }))
    const { stories } = await source(t, { version, bugs: [{ ...secret, comments }] })
    t.match(await stories(), [{ externalId: '1', description: '' }], version)
  }
})

t.test('bugs with more comments than can be read at once are read apart', async (t) => {
  const long = 'x'.repeat(60_000)
  const longer = some(6)
  // Some 3 MB for each of two bugs, 18 MB for one.
  longer[1] = reported(2, {}, Array(50).fill(long))
  longer[2] = reported(3, {}, Array(50).fill(long))
  const longest = longer.with(4, reported(5, {}, Array(300).fill(long)))
  for (const [version, bugs] of [
    ['4.4', longer],
    ['5.3', longest],
  ] as const) {
    const { stories } = await source(t, { version, bugs })
    t.strictSame(
      (await stories()).map(({ externalId, description }) => [externalId, description]),
      bugs.map(({ id, comments }) => [String(id), comments.length > 100 ? '' : `what bug ${id} is about`]),
      version,
    )
  }
})

t.test('a bug that is hidden while the list is read keeps the others their descriptions', async (t) => {
  for (const version of ['4.4', '5.3'] as const) {
    const { target, stories } = await source(t, { version, bugs: some(4) })
    const gone = asks(/Bug\.comments|\/comment\?/)
    target.fault('reset', {
      where: (request) => {
        const third = target.bugs.get(3)
        if (gone(request) && third !== undefined) third.visibleTo = []
        return false
      },
    })
    t.strictSame(
      (await stories()).map(({ description }) => description),
      ['what bug 1 is about', 'what bug 2 is about', '', 'what bug 4 is about'],
      version,
    )
  }
})

t.test('where users are hidden from each other the login name stands for the name', async (t) => {
  for (const version of ['3.4', '3.6', '4.0', '4.4'] as const) {
    const shy = users.map((user) => (user.id === 3 ? { ...user, hidden: true } : user))
    const bugs = [reported(1), reported(2, { reporter: 'plain@relay.test', comments: [] })]
    const { target, stories } = await source(t, { version, users: shy, bugs })
    target.say(2, { author: 'plain@relay.test', text: 'mine', time: new Date('2026-11-23T23:19:33Z') })
    t.strictSame(
      (await stories()).map(({ requestedBy }) => requestedBy),
      ['insider@relay.test', 'plain@relay.test'],
      version,
    )
  }
})

t.test('the check says how much there is to import', async (t) => {
  for (const version of all) {
    const last = async (options: BugzillaOptions, settings: object = {}) =>
      (await (await source(t, { version, ...options }, settings)).check()).at(-1)
    const shows = (what: string) => ({ level: 'ok', setting: null, message: `the import shows ${what}` })
    t.strictSame(await last({ bugs: some(3) }), shows('3 bugs'))
    t.strictSame(await last({ bugs: some(1) }, { product: 'Relay Product' }), shows('1 bug'))
    t.strictSame(await last({}), shows('no bug at the moment'))
    t.strictSame(await last({ bugs: some(300) }), shows('at least 200 bugs'))
    const few = some(120, (id) => ({ visibleTo: id <= 110 ? [] : null }))
    t.strictSame(await last({ bugs: few }), shows('10 bugs'), `${version}: hidden ones do not count`)
    const many = some(245, (id) => ({ visibleTo: id <= 20 ? [] : null }))
    t.match((await last({ bugs: many }))?.message, /^the import shows at least 2(00|25) bugs$/, version)
    t.strictSame(await last({ bugs: some(250), maxSearchResults: 90 }), shows('at least 200 bugs'), version)
  }
})

t.test('a component is known by any of its bugs that may be seen, not by its first', async (t) => {
  for (const version of all) {
    const bugs = some(5, (id) => ({ component: 'Arrays', visibleTo: id < 5 ? [] : null }))
    const settings = { component: 'Arrays', excluded_statuses: ['NEW', 'CONFIRMED'] }
    const { check, ids } = await source(t, { version, bugs }, settings)
    t.match((await check()).at(-1), { level: 'ok', message: 'the import shows no bug at the moment' }, version)
    t.strictSame(await ids(), [], version)
  }
})

t.test('the check names the setting that is wrong', async (t) => {
  for (const version of all) {
    const old = version.startsWith('3.')
    const statuses = old ? ['NEW', 'RESOLVED'] : ['CONFIRMED', 'RESOLVED']
    const checked = async (settings: object) =>
      (await (await source(t, { version, statuses }, settings)).check()).slice(2)
    t.match(await checked({ product: 'Shields' }), [
      { level: 'error', setting: 'product', message: /^Bugzilla has no product "Shields"/ },
    ])
    t.match(await checked({ product: 'Relay Product', component: 'Bridge' }), [
      { level: 'error', setting: 'component', message: /it has Backend, User Interface$/ },
    ])
    t.match(await checked({ component: 'Bridge' }), [{ level: 'error', setting: 'component' }])
    t.strictSame((await checked({ excluded_statuses: ['resolvd', 'CLOSED'] }))[0], {
      level: 'warning',
      setting: 'excluded_statuses',
      message: `Bugzilla has no status RESOLVD; it has ${statuses.join(', ')}`,
    })
    t.strictSame(await checked({ excluded_statuses: statuses }), [
      {
        level: 'warning',
        setting: 'excluded_statuses',
        message: `excludes every status, so that no bug can be imported: Bugzilla has only ${statuses.join(', ')}`,
      },
    ])
  }
})

t.test('who only imports needs no right to write, and no name for the key', async (t) => {
  const only = { update_comments: false, update_state: false, comments_private: true }
  const { check } = await source(t, { version: '5.2', bugs: some(2) }, { api_key: 'Kq3vRelayKey', ...only })
  t.strictSame(await check(), [
    { level: 'ok', setting: 'url', message: 'Bugzilla 5.2 answers' },
    { level: 'ok', setting: 'api_key', message: 'api_key is accepted' },
    { level: 'ok', setting: null, message: 'the import shows 2 bugs' },
  ])
})

t.test('an enhancement becomes a feature, all else a bug', async (t) => {
  t.strictSame(configured(bugzilla, { url: 'https://bugzilla.example.com/', ...relayKey }).imports?.storyTypes, {
    byType: { enhancement: 'feature', task: 'chore', defect: 'bug' },
    otherwise: 'bug',
  })
})
