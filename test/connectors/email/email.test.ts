import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import type { Test } from 'tap'
import t from 'tap'
import { DeliveryError } from '../../../src/connectors/contract/delivery-error.ts'
import email from '../../../src/connectors/email/index.ts'
import { inAttempt } from '../../../src/http/attempt.ts'
import { createClient } from '../../../src/http/client.ts'
import type { Exchange } from '../../../src/http/send.ts'
import { announcing, configured, failureSeen, jobFor, problemsOf } from '../../harness.ts'
import { headerNamed, LOGIN, type Mailbox, startMailbox } from '../../targets/smtp.ts'
import { OUTCOMES, promisesOf } from '../promises.ts'
import { hostileJob, LONG_TEXTS, noticing, OWN_WORDS, RUNS } from '../rooms.ts'

const link = 'https://www.pivotaltracker.com/story/show/109'
const ca = readFileSync('test/http/certificates/authority.pem', 'utf8')

interface Options {
  readonly security?: 'starttls' | 'tls' | 'none'
  readonly settings?: object
  readonly timeoutMs?: number
  readonly isTrusted?: boolean
}

async function opened(
  t: Test,
  { security = 'starttls', settings = {}, timeoutMs = 10_000, isTrusted = true }: Options = {},
) {
  let at = Date.parse('2026-11-24T06:00:00.000Z')
  const target = await startMailbox({ security })
  t.teardown(() => target.close())
  const given = {
    ...{ host: 'localhost', port: target.port, security, from: 'tracker@ship.example', to: ['crew@ship.example'] },
    ...LOGIN,
    ...settings,
  }
  const client = createClient({
    ...{
      userAgent: 'tracker-relay/test',
      timeoutMs,
      blockPrivateAddresses: false,
      allowAddresses: [],
      secrets: [LOGIN.password],
    },
    ...(isTrusted ? { ca } : {}),
    resolve: async () => [{ address: '127.0.0.1', family: 4 }],
  })
  t.teardown(() => client.close())
  const quiet = (): void => {}
  const session = configured(email, given).open({
    ...{
      integration: 'mail',
      send: client.send,
      wire: client.wire,
      timeoutMs,
      now: () => new Date(at),
    },
    ...{
      steady: () => 0,
      random: () => 0.5,
      pause: async () => {},
      log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    },
  })
  const { perform, confirm, check } = session
  if (perform === undefined || confirm === undefined || check === undefined) throw new Error('a function is missing')
  const pass = (ms: number): void => {
    at += ms
  }
  return { target, perform, confirm, check, pass }
}

const header = ({ mails }: Mailbox, at: number, name: string): string => headerNamed(mails[at]?.headers ?? [], name)

t.test('a mail tells who did what with which story, in text and HTML, over an encrypted connection', async (t) => {
  for (const security of ['starttls', 'tls', 'none'] as const) {
    const { target, perform } = await opened(t, { security })
    const text = 'Only **110** %.\n- `hums` <b>'
    const receipt = await perform(announcing({ what: 'rejected', author: 'Spock', text, markup: 'markdown' }))
    t.match(receipt, { id: header(target, 0, 'message-id'), note: /queued as 1/ })
    t.match(target.mails, [
      {
        ...{ from: 'tracker@ship.example', to: ['crew@ship.example'], isEncrypted: security !== 'none', user: 'relay' },
        text: `Spock rejected "More power to shields":\r\n${text.replace('\n', '\r\n')}\r\n\r\n${link}\r\n`,
        html: `<p>Spock rejected &quot;<a href="${link}">More power to shields</a>&quot;</p><blockquote><p>Only <strong>110</strong> %.</p><ul><li><code>hums</code> &lt;b&gt;</li></ul></blockquote>`,
      },
    ])
    t.equal(header(target, 0, 'subject'), '[Tracker] More power to shields (#109)')
    t.equal(header(target, 0, 'auto-submitted'), 'auto-generated')
    t.equal(header(target, 0, 'date'), 'Tue, 24 Nov 2026 06:00:00 +0000')
  }
})

t.test('mails about one story are one conversation, and a repeat has the same Message-ID', async (t) => {
  const { target, perform } = await opened(t)
  const job = announcing()
  await perform(job)
  await perform(job)
  await perform(announcing({ what: 'delivered' }))
  await perform(announcing({}, { story: { id: '110' } }))
  const ids = target.mails.map((_, at) => header(target, at, 'message-id'))
  t.equal(ids[0], ids[1])
  t.equal(new Set(ids).size, 3)
  t.match(ids[0], /^<[0-9a-f]{40}@ship\.example>$/)
  const roots = target.mails.map((_, at) => header(target, at, 'references'))
  t.equal(new Set(roots.slice(0, 3)).size, 1)
  t.not(roots[3], roots[0])
  t.equal(header(target, 0, 'in-reply-to'), roots[0])
  const apart = await opened(t, { settings: { threads: false, subject_prefix: '' } })
  await apart.perform(announcing())
  t.equal(header(apart.target, 0, 'references'), '')
  t.equal(header(apart.target, 0, 'subject'), 'James Kirk accepted "More power to shields"')
})

t.test('own words take the place of the sentence, in text, HTML and a subject of its own', async (t) => {
  const accepted = '{story} is done[: {text}], thanks to {author}[ {link}]'
  const { target, perform } = await opened(t, { settings: { threads: false, templates: { accepted } } })
  await perform(announcing({ what: 'accepted', author: 'Spock', text: 'Only *110* %', markup: 'markdown' }))
  const [mail] = target.mails
  t.equal(mail?.text.trim(), `"More power to shields" is done: Only *110* %, thanks to Spock ${link}`)
  t.match(mail?.html, 'is done: Only <em>110</em> %, thanks to Spock')
  t.match(header(target, 0, 'subject'), /^\[Tracker\] "More power to shields" is done: Only 110 %, thanks to Spock/)
  t.match(
    problemsOf(email, { host: 'x.example', from: 'a@b.example', to: ['c@d.example'], templates: { accepted: '{x}' } }),
    [{ setting: 'templates.accepted', problem: /unknown placeholder/ }],
  )
})

t.test('whatever stands in a story or comment, the headers are ours and the HTML is text', async (t) => {
  const ours = ['auto-submitted', 'content-type', 'date', 'from', 'in-reply-to', 'message-id', 'mime-version']
  const names = [...ours, 'references', 'subject', 'to', 'x-auto-response-suppress']
  const isHarmless = ({ headers, html, to }: Mailbox['mails'][number]): boolean => {
    const tags = html.match(/<[^>]*>/g) ?? []
    const isKnown = tags.every((tag) =>
      /^<(\/?(p|pre|code|blockquote|ul|ol|li|strong|em|del|a)|br|hr|ol start="\d+"|a href="https?:\/\/[^"<>\s]+")>$/.test(
        tag,
      ),
    )
    const found = headers.map(([name]) => name).sort()
    return isKnown && JSON.stringify(found) === JSON.stringify(names) && to.length === 1 && html.includes(link)
  }
  for (const templates of [{}, OWN_WORDS]) {
    const { target, perform } = await opened(t, { security: 'none', settings: { templates } })
    // The server lets each connection wait for a moment, so they come together.
    const areHarmless = fc.asyncProperty(fc.array(hostileJob, { minLength: 20, maxLength: 20 }), async (jobs) => {
      const before = target.mails.length
      await Promise.all(jobs.map((job) => perform(job)))
      const mails = target.mails.slice(before)
      return mails.length === jobs.length && mails.every(isHarmless)
    })
    await t.resolves(fc.assert(areHarmless, { ...RUNS, numRuns: Math.ceil(RUNS.numRuns / 100) }))
  }
})

t.test('whatever stands in the stories and comments of a digest, it is one harmless mail', async (t) => {
  const { target, perform } = await opened(t, { security: 'none' })
  const tag =
    /^<(\/?(p|pre|code|blockquote|ul|ol|li|strong|em|del|a)|br|hr|ol start="\d+"|a href="https?:\/\/[^"<>\s]+")>$/
  const isHarmless = fc.asyncProperty(fc.array(hostileJob, { minLength: 20, maxLength: 20 }), async (jobs) => {
    await perform({ ...announcing(), digest: jobs })
    const { headers, html, to } = target.mails.at(-1) ?? { headers: [], html: '', to: [] }
    const named = headers.map(([name]) => name).sort()
    return (
      (html.match(/<[^>]*>/g) ?? []).every((each) => tag.test(each)) &&
      named.join() ===
        'auto-submitted,content-type,date,from,message-id,mime-version,subject,to,x-auto-response-suppress' &&
      to.length === 1
    )
  })
  await t.resolves(fc.assert(isHarmless, { ...RUNS, numRuns: Math.ceil(RUNS.numRuns / 100) }))
})

t.test(
  'a digest has a bounded size, counts what it leaves out, and is the same mail when it is repeated',
  async (t) => {
    const { target, perform } = await opened(t)
    const short = Array.from({ length: 300 }, (_, at) =>
      announcing({ what: 'commented', text: `note ${at}.` }, { story: { id: String(at % 7) } }),
    )
    const long = Array.from({ length: 300 }, () => announcing({ what: 'commented', text: '<'.repeat(5000) }))
    for (const digest of [short, long, short]) {
      const receipt = await perform({ ...announcing({}, { key: `dgst_${digest === short}` }), digest })
      t.match(receipt, { note: /^300 activities in one mail: / })
    }
    const [first, second] = target.mails
    t.equal(header(target, 0, 'subject'), '[Tracker] Digest: 300 activities in 7 stories')
    t.match(first?.text, /^300 activities in 7 stories, .*\r\n\r\nand 200 more\s+$/s)
    t.match(first?.html, /<p>and 200 more<\/p>\s*$/)
    t.match(second?.text, /\r\nand \d+ more\s+$/)
    t.ok((second?.html.length ?? 0) < 100_000)
    const ids = target.mails.map((_, at) => header(target, at, 'message-id'))
    t.equal(ids[2], ids[0])
    t.not(ids[1], ids[0])
  },
)

t.test('a digest is in the words and the time zone of the settings', async (t) => {
  const settings = {
    digest: { at: ['08:00'], time_zone: 'Asia/Tokyo' },
    templates: { accepted: '{author} is happy with {story}' },
  }
  const { target, perform } = await opened(t, { settings })
  const one = { ...announcing({ author: 'Spock' }), occurredAt: new Date('2026-11-23T15:30:00Z') }
  const other = { ...announcing({ author: 'Scotty' }), occurredAt: new Date('2026-11-23T16:00:00Z') }
  await perform({ ...one, digest: [one, other] })
  t.equal(
    target.mails[0]?.text.trim().replaceAll('\r\n', '\n'),
    `2 activities in 1 story, 24 Nov 00:30 to 24 Nov 01:00 (Asia/Tokyo).

More power to shields (#109)
${link}
- 24 Nov 00:30 Spock is happy with "More power to shields"
- 24 Nov 01:00 Scotty is happy with "More power to shields"`,
  )
})

t.test('what is long is cut', async (t) => {
  const { target, perform } = await opened(t)
  const jobs = LONG_TEXTS.map((text) =>
    announcing({ what: 'commented', author: text, text, markup: 'markdown' }, { story: { name: text } }),
  )
  await Promise.all(jobs.map((job) => perform(job)))
  t.equal(target.mails.length, LONG_TEXTS.length)
  t.ok(target.mails.every(({ html, text }) => html.includes('…') && text.includes('…')))
})

t.test(
  'a notice to the operators is a mail of its own, and an effect that is none of its own is given up',
  async (t) => {
    const { target, perform } = await opened(t)
    await perform(noticing())
    t.equal(header(target, 0, 'subject'), '[Tracker] Tracker Relay')
    t.match(target.mails[0]?.text, /^Tracker Relay:\r\n- jira is held since 06:00/)
    t.match(await failureSeen(perform(jobFor({ kind: 'forward' }))), { verdict: 'dead' })
  },
)

/** What a mail server can do, in the words of the connector's page. */
const ANSWERS: Readonly<Record<string, (target: Mailbox) => void>> = {
  'no connection': ({ state }) => Object.assign(state, { trouble: null }),
  '4xx to anything': ({ state }) =>
    Object.assign(state, { refuse: { at: 'to', code: 450, words: '4.2.0 Greylisted' } }),
  '535 to the login': ({ state }) => Object.assign(state, { refuse: { at: 'login', code: 535, words: '5.7.8 No' } }),
  '5xx to the sender': ({ state }) =>
    Object.assign(state, { refuse: { at: 'from', code: 553, words: '5.7.1 Not yours' } }),
  '5xx to all recipients': ({ state }) =>
    Object.assign(state, { refuse: { at: 'to', code: 550, words: '5.1.1 Unknown' } }),
  '5xx to the text': ({ state }) => Object.assign(state, { refuse: { at: 'text', code: 554, words: '5.7.1 Spam' } }),
  '4xx to the text': ({ state }) => Object.assign(state, { refuse: { at: 'text', code: 452, words: '4.3.1 Full' } }),
  'no answer to the text': ({ state }) => Object.assign(state, { trouble: 'lose the answer' }),
  'no answer in time': ({ state }) => Object.assign(state, { trouble: 'hang' }),
  'the connection breaks within the text': ({ state }) => Object.assign(state, { trouble: 'reset' }),
}

const promises = promisesOf('email', 'the delivery', Object.keys(ANSWERS))

for (const [name, strike] of Object.entries(ANSWERS))
  t.test(`the page's promise is kept: ${name}`, async (t) => {
    const { target, perform, confirm } = await opened(t, { timeoutMs: name === 'no answer in time' ? 500 : 10_000 })
    strike(target)
    if (name === 'no connection') await target.close()
    const job = announcing()
    const exchanges: Exchange[] = []
    const end = await inAttempt({ exchanges, fence: null }, () => failureSeen(perform(job)))
    const promised = promises.get(name)
    t.equal(end.verdict, promised === undefined ? 'what the page promises' : OUTCOMES[promised], end.message)
    t.notOk(JSON.stringify([end, exchanges]).includes(LOGIN.password))
    t.match(exchanges, [{ method: 'SMTP', url: `smtp://localhost:${target.port}`, error: /./ }])
    if (end.verdict !== 'in doubt') return t.equal(target.mails.length, 0)
    t.equal(await confirm(job, new Date()), 'cannot tell')
    Object.assign(target.state, { refuse: null, trouble: null })
    await perform(job)
    t.equal(new Set(target.mails.map((_, at) => header(target, at, 'message-id'))).size, 1)
  })

t.test('a recipient that is refused for now gets the mail later, and nobody gets it twice', async (t) => {
  const { target, perform, pass } = await opened(t, { settings: { to: ['crew@ship.example', 'late@ship.example'] } })
  target.state.deferred = ['late@ship.example']
  const job = announcing()
  t.match(await failureSeen(perform(job)), {
    verdict: 'retry',
    message: /takes no mail for late@ship\.example for now \(450 4\.2\.0 Greylisted\)/,
  })
  t.match(await failureSeen(perform(job)), { verdict: 'retry' }, 'it is refused alone')
  t.strictSame(
    target.mails.map(({ to }) => to),
    [['crew@ship.example']],
  )
  target.state.deferred = []
  t.match(await perform(job), { note: /queued as 2/ })
  t.strictSame(target.mails[1]?.to, ['late@ship.example'])
  t.equal(header(target, 1, 'to'), 'crew@ship.example, late@ship.example')
  t.equal(header(target, 1, 'message-id'), header(target, 0, 'message-id'))
  await perform(job)
  t.strictSame(target.mails[2]?.to, ['crew@ship.example', 'late@ship.example'], 'a replay is a mail to all')

  target.state.deferred = ['late@ship.example']
  const other = announcing({ what: 'delivered' })
  t.match(await failureSeen(perform(other)), { verdict: 'retry' })
  pass(61 * 60_000)
  t.match(await perform(other), { note: /not for late@ship\.example/ }, 'others do not wait for it for ever')
})

t.test('of several recipients those that are not taken are told in the receipt', async (t) => {
  const { target, perform } = await opened(t, { settings: { to: ['crew@ship.example', 'gone@ship.example'] } })
  target.state.unknown = ['gone@ship.example']
  t.match(await perform(announcing()), { note: /queued as 1, but not for gone@ship\.example/ })
  t.strictSame(target.mails[0]?.to, ['crew@ship.example'])
})

t.test('without the lease nothing is sent', async (t) => {
  const { target, perform } = await opened(t)
  const ended = new DeliveryError('retry', 'the lease has ended')
  for (const fence of [
    { ask: () => Promise.reject(ended), tooLate: () => null },
    { ask: async () => {}, tooLate: () => ended },
  ])
    t.match(await inAttempt({ exchanges: [], fence }, () => failureSeen(perform(announcing()))), {
      message: 'the lease has ended',
    })
  t.equal(target.mails.length, 0)
})

t.test('a certificate that is not trusted, or a server without encryption, gets no login and no mail', async (t) => {
  for (const security of ['starttls', 'tls'] as const) {
    const { target, perform } = await opened(t, { security, isTrusted: false })
    t.match(await failureSeen(perform(announcing())), {
      verdict: /hold|retry/,
      message: /secure|certificate|self.signed/i,
    })
    t.equal(target.mails.length, 0)
  }
  const { target, perform } = await opened(t, { security: 'none', settings: { security: 'starttls' } })
  t.match(await failureSeen(perform(announcing())), { verdict: 'hold', message: /no secure connection/ })
  t.equal(target.mails.length, 0)
})

t.test('a blocked address is not connected to', async (t) => {
  const client = createClient({
    ...{ userAgent: 'x', timeoutMs: 1000, blockPrivateAddresses: true, allowAddresses: [], secrets: [] },
  })
  t.teardown(() => client.close())
  await t.rejects(client.wire.open('localhost', 25), { message: /private or reserved network/ })
  t.throws(() => client.wire.open('127.0.0.1', 25), { message: /private or reserved network/ })
})

t.test('the check logs in, and sends nothing', async (t) => {
  const { target, check } = await opened(t)
  t.match(await check(), [
    {
      level: 'ok',
      setting: 'host',
      message: /lets the relay in as relay; mails go from tracker@ship\.example to crew@/,
    },
  ])
  target.state.refuse = { at: 'login', code: 535, words: '5.7.8 No' }
  t.match(await check(), [{ level: 'error', setting: 'password', message: /rejects the login/ }])
  await target.close()
  t.match(await check(), [{ level: 'error', setting: 'host' }])
  t.equal(target.mails.length, 0)
})

t.test('half a login, and one that would be readable on the way, are problems of the config', async (t) => {
  const given = { host: 'smtp.ship.example', from: 'a@ship.example', to: ['b@ship.example'] }
  t.match(problemsOf(email, { ...given, user: 'relay' }), [{ setting: 'password' }])
  t.match(problemsOf(email, { ...given, password: 'x' }), [{ setting: 'user' }])
  t.match(problemsOf(email, { ...given, ...LOGIN, security: 'none' }), [{ setting: 'security' }])
  t.strictSame(problemsOf(email, { ...given, ...LOGIN }), [])
})
