import t, { type Test } from 'tap'
import bugzilla from '../../../src/connectors/bugzilla/index.ts'
import type { Job, Session } from '../../../src/connectors/contract/connector.ts'
import { DeliveryError } from '../../../src/connectors/contract/delivery-error.ts'
import type { CommentEffect, StateEffect } from '../../../src/connectors/contract/effect.ts'
import { markerOf } from '../../../src/connectors/kit/marker.ts'
import {
  type BugzillaOptions,
  type BugzillaStandIn,
  bug,
  startBugzilla,
  type VersionName,
} from '../../../src/stand-ins/bugzilla.ts'
import { jobFor, openSession } from '../../harness.ts'

const byPassword = { username: 'relay@relay.test', password: 'Relay-Passw0rd1' }
const byKey = { username: 'relay@relay.test', api_key: 'Kq3vRelayKey' }
const insider = { username: 'insider@relay.test', password: 'Insider & <Passw0rd1>' }
const all: readonly VersionName[] = ['3.4', '3.6', '4.0', '4.4', '5.0', '5.2', '5.3', 'harmony']

const key = 'dlv_0123456789abcdef'
const end = `\n\nhttps://www.pivotaltracker.com/story/show/1\n${markerOf(key)}`
const ticket = { externalId: '7', externalUrl: null }
const comment = (text = 'public words & <tags> café 漢字'): CommentEffect => ({
  kind: 'comment',
  storyId: '1',
  author: 'Ada',
  text,
  commentId: '5',
})
const state = (name: string): StateEffect => ({ kind: 'state', storyId: '1', author: 'Ada', state: name, from: null })
const job = (effect: CommentEffect | StateEffect = comment(), parts: { key?: string } = {}): Job =>
  jobFor(effect, { key, ticket, ...parts })

interface Pair {
  readonly target: BugzillaStandIn
  readonly session: Required<Pick<Session, 'perform' | 'confirm'>>
}

async function pair(t: Test, options: BugzillaOptions, settings: object, path = ''): Promise<Pair> {
  const target = await startBugzilla({ bugs: [bug(7)], ...options })
  t.teardown(() => target.close())
  const { session, close } = openSession(bugzilla, { url: `${target.url}${path}`, ...settings })
  t.teardown(close)
  const { perform, confirm } = session
  if (perform === undefined || confirm === undefined) throw new Error('the session lacks a verb')
  return { target, session: { perform, confirm } }
}

const failed = async (promise: Promise<unknown>): Promise<DeliveryError> => {
  const error = await promise.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  )
  if (!(error instanceof DeliveryError)) throw error
  return error
}

const shown = ({ target }: Pair): unknown =>
  target.comments(7).map(({ author, text, isPrivate }) => ({ author, text, isPrivate }))

for (const version of all) {
  t.test(`a comment comes to its bug in ${version}`, async (t) => {
    const both = await pair(t, { version }, byPassword, '/')
    t.strictSame(await both.session.perform(job()), { id: '1', url: `${both.target.url}/show_bug.cgi?id=7` })
    t.strictSame(shown(both), [
      { author: 'relay@relay.test', text: `Ada commented: public words & <tags> café 漢字${end}`, isPrivate: false },
    ])
  })

  t.test(`a private comment is private in ${version}`, async (t) => {
    const both = await pair(t, { version, insiderGroup: 'insiders' }, { ...insider, comments_private: true })
    await both.session.perform(job(comment('x')))
    t.strictSame(shown(both), [{ author: 'insider@relay.test', text: `Ada commented: x${end}`, isPrivate: true }])
  })

  t.test(`a private comment never falls back to a public one in ${version}`, async (t) => {
    for (const insiderGroup of ['insiders', '']) {
      const both = await pair(t, { version, insiderGroup }, { ...byPassword, comments_private: true })
      const error = await failed(both.session.perform(job()))
      t.equal(error.verdict, 'pause')
      t.match(error.message, /^comments_private is set, but the account is not in .*insidergroup/)
      t.strictSame(shown(both), [])
    }
  })

  t.test(`a comment whose answer was lost is found again in ${version}`, async (t) => {
    const both = await pair(
      t,
      { version, insiderGroup: 'insiders', zone: -8 },
      { ...insider, username: 'Insider@Relay.test', comments_private: true },
    )
    const since = new Date()
    both.target.fault('lose the answer', { where: isWrite })
    t.equal((await failed(both.session.perform(job()))).verdict, 'in doubt')
    t.strictSame(await both.session.confirm(job(), since), {
      id: '1',
      url: `${both.target.url}/show_bug.cgi?id=7`,
      note: 'already there',
    })
    t.equal(await both.session.confirm(job(comment(), { key: 'dlv_other' }), since), 'absent')
    t.equal(both.target.comments(7).length, 1)
  })

  t.test(`a comment that never arrived is told to be absent in ${version}`, async (t) => {
    const both = await pair(t, { version }, byPassword)
    const since = new Date()
    both.target.fault('reset', { where: isWrite })
    t.equal((await failed(both.session.perform(job()))).verdict, 'in doubt')
    t.equal(await both.session.confirm(job(), since), 'absent')
    await both.session.perform(job())
    t.equal(both.target.comments(7).length, 1)
  })
}

const isWrite = ({ method, body, path }: { method: string; body: Buffer; path: string }): boolean =>
  path === '/xmlrpc.cgi' ? /Bug\.(add_comment|update)</.test(body.toString()) : method !== 'GET'

for (const version of ['5.0', '5.2', '5.3', 'harmony'] as const)
  t.test(`an API key is enough in ${version}, and never stands in an address`, async (t) => {
    const both = await pair(t, { version }, { api_key: byKey.api_key })
    const since = new Date()
    await both.session.perform(job())
    t.match(await both.session.confirm(job(), since), { id: '1' })
    t.equal(both.target.comments(7)[0]?.author, 'relay@relay.test')
    t.strictSame(
      both.target.requests.filter(({ query }) => query.toString().includes('Kq3v')),
      [],
    )
  })

for (const version of ['3.4', '3.6', '4.0', '4.4'] as const)
  t.test(`${version} does not support API keys, and this is said before anything is believed`, async (t) => {
    const both = await pair(t, { version }, byKey)
    for (const attempt of [() => both.session.perform(job()), () => both.session.confirm(job(), new Date())]) {
      const error = await failed(attempt())
      t.equal(error.verdict, 'pause')
      t.match(error.message, /does not support API keys; set username and password instead of api_key/)
    }
    t.strictSame(both.target.asked, ['Bugzilla.version', 'Bugzilla.version'])
  })

t.test('every state is a comment', async (t) => {
  const both = await pair(t, { version: '4.4' }, byPassword)
  const sentences: Record<string, string> = {
    unscheduled: 'Ada changed the state of "More power to shields" to unscheduled',
    unstarted: 'Ada changed the state of "More power to shields" to unstarted',
    planned: 'Ada changed the state of "More power to shields" to planned',
    started: 'Ada started "More power to shields"',
    finished: 'Ada finished "More power to shields"',
    delivered: 'Ada delivered "More power to shields"',
    accepted: 'Ada accepted "More power to shields"',
    rejected: 'Ada rejected "More power to shields"',
  }
  for (const name of Object.keys(sentences)) await both.session.perform(job(state(name)))
  t.strictSame(
    both.target.comments(7).map(({ text }) => text),
    Object.values(sentences).map((sentence) => `${sentence}${end}`),
  )
  t.equal(both.target.bugs.get(7)?.status, 'CONFIRMED')
  t.strictSame(both.target.asked, [
    'Bugzilla.version',
    'User.login',
    ...Object.keys(sentences).map(() => 'Bug.add_comment'),
  ])
})

const map_status = {
  started: { status: 'IN_PROGRESS' },
  accepted: { status: 'RESOLVED', resolution: 'FIXED' },
  rejected: { status: 'CONFIRMED' },
}

for (const version of ['4.0', '4.4', '5.0', '5.2', '5.3', 'harmony'] as const)
  t.test(`a mapped state changes status and comments in one write in ${version}`, async (t) => {
    const both = await pair(
      t,
      { version, insiderGroup: 'insiders' },
      { ...insider, comments_private: true, map_status },
    )
    const at = (): unknown => [both.target.bugs.get(7)?.status, both.target.bugs.get(7)?.resolution]
    t.strictSame(await both.session.perform(job(state('started'))), {
      id: null,
      url: `${both.target.url}/show_bug.cgi?id=7`,
    })
    t.strictSame(at(), ['IN_PROGRESS', ''])
    await both.session.perform(job(state('finished')))
    t.strictSame(at(), ['IN_PROGRESS', ''])
    await both.session.perform(job(state('accepted')))
    t.strictSame(at(), ['RESOLVED', 'FIXED'])
    // Nothing to change is no error, and the comment is there all the same.
    await both.session.perform(job(state('accepted')))
    await both.session.perform(job(state('rejected')))
    t.strictSame(at(), ['CONFIRMED', ''])
    t.strictSame(
      both.target.comments(7).map(({ text, isPrivate }) => [text.split('\n')[0], isPrivate]),
      ['started', 'finished', 'accepted', 'accepted', 'rejected'].map((name) => [
        `Ada ${name} "More power to shields"`,
        true,
      ]),
    )
    t.equal(both.target.requests.filter(isWrite).length, 5)
  })

t.test('a status change whose answer was lost is known by its comment', async (t) => {
  for (const version of ['4.0', '5.3'] as const) {
    const both = await pair(t, { version }, { ...byPassword, map_status })
    const since = new Date()
    both.target.fault('lose the answer', { where: isWrite })
    t.equal((await failed(both.session.perform(job(state('started'))))).verdict, 'in doubt')
    t.match(await both.session.confirm(job(state('started')), since), { note: 'already there' })
  }
})

t.test(
  'a state that is repeated after a later one is told, and leaves the status as the later one set it',
  async (t) => {
    const both = await pair(t, { version: '5.2' }, { ...byPassword, map_status })
    await both.session.perform({ ...job(state('started')), overtaken: true })
    t.equal(both.target.bugs.get(7)?.status, 'CONFIRMED')
    t.match(shown(both), [{ text: /^Ada started/ }])
  },
)

t.test('before 4.0, where no status can be changed from outside, a mapped state is the comment alone', async (t) => {
  for (const version of ['3.4', '3.6'] as const) {
    const both = await pair(t, { version }, { ...byPassword, map_status })
    t.match(await both.session.perform(job(state('accepted'))), {
      id: '1',
      note: /^the comment alone: Bugzilla 3\.\S+ cannot change a bug's status from outside \(4\.0 can\); unset map_status/,
    })
    t.match(shown(both), [{ text: /^Ada accepted "More power to shields"/ }])
    t.equal(both.target.bugs.get(7)?.status, 'CONFIRMED')
  }
})

t.test('a private status change by an account outside the insider group changes nothing', async (t) => {
  for (const version of ['4.4', 'harmony'] as const) {
    const both = await pair(
      t,
      { version, insiderGroup: 'insiders' },
      { ...byPassword, comments_private: true, map_status },
    )
    t.equal((await failed(both.session.perform(job(state('accepted'))))).verdict, 'pause')
    t.equal(both.target.bugs.get(7)?.status, 'CONFIRMED')
    t.strictSame(shown(both), [])
  }
})

t.test('the same words of somebody else, or of before, are not taken for the own comment', async (t) => {
  for (const version of ['3.4', '5.2', 'harmony'] as const) {
    const both = await pair(t, { version, zone: 9 }, byPassword)
    const text = `Ada commented: public words & <tags> café 漢字${end}`
    const since = new Date()
    both.target.say(7, { author: 'plain@relay.test', text })
    both.target.say(7, { author: 'relay@relay.test', text: `${text} is what it said` })
    both.target.say(7, { author: 'relay@relay.test', text: text.replace(markerOf(key), markerOf('dlv_before')) })
    both.target.say(7, { author: 'relay@relay.test', text, time: new Date(since.getTime() - 3 * 86_400_000) })
    t.equal(await both.session.confirm(job(), since), 'absent')
    both.target.say(7, { author: 'relay@relay.test', text: `${text}\n  ` })
    t.match(await both.session.confirm(job(), since), { id: '5' })
  }
})

for (const version of ['3.4', '4.4', '5.0', '5.2'] as const) {
  t.test(`a login that was dropped is made again before a comment is looked for in ${version}`, async (t) => {
    const both = await pair(t, { version, insiderGroup: 'insiders' }, { ...insider, comments_private: true })
    const since = new Date()
    await both.session.perform(job())
    both.target.forgetCookies()
    // As a visitor, the private comment would not be seen.
    t.match(await both.session.confirm(job(), since), { id: '1' })
    both.target.forgetCookies()
    await both.session.perform(job(comment('again')))
    t.equal(both.target.comments(7).length, 2)
    t.equal(both.target.asked.filter((each) => each === 'User.login').length, 3)
  })

  t.test(`one login serves all questions in ${version}, and is given back at the end`, async (t) => {
    const target = await startBugzilla({ version, bugs: [bug(7)] })
    t.teardown(() => target.close())
    for (let count = 0; count < 2; count += 1) {
      const { session, close } = openSession(bugzilla, { url: target.url, ...byPassword })
      for (let number = 0; number < 5; number += 1) {
        await session.perform?.(job(comment(String(number))))
        await session.confirm?.(job(comment(String(number))), new Date())
        for await (const page of session.stories?.() ?? []) t.ok(page.length > 0)
        await session.check?.()
      }
      t.equal(target.logins(), 1)
      await close()
      t.equal(target.logins(), 0)
    }
    t.equal(target.asked.filter((each) => each === 'User.login').length, 2)
  })
}

t.test('a Bugzilla that hangs or is gone does not keep the relay from stopping', async (t) => {
  for (const trouble of ['reset', 'garbage'] as const) {
    const target = await startBugzilla({ version: '5.2', bugs: [bug(7)] })
    t.teardown(() => target.close())
    const { session, close } = openSession(bugzilla, { url: target.url, ...byPassword })
    await session.perform?.(job())
    target.fault(trouble)
    await t.resolves(close())
  }
})

t.test('a refusal without a code is not taken for a login that was forgotten, whatever the language', async (t) => {
  const words = 'Die Cookies oder der Token sind nicht mehr gültig.'
  const both = await pair(t, { version: '5.2', ruleOfItsOwn: words }, { ...byPassword, map_status })
  t.equal((await both.session.perform(job(state('accepted')))).note, `the comment alone: Bugzilla refuses: ${words}`)
  t.equal(both.target.asked.filter((each) => each === 'User.login').length, 1)
  t.equal(both.target.logins(), 1)
})

t.test('the version is asked once, also when deliveries come side by side', async (t) => {
  const both = await pair(t, { version: '3.4' }, byPassword)
  await Promise.all([1, 2, 3, 4, 5].map((each) => both.session.perform(job(comment(String(each))))))
  t.strictSame([...both.target.asked].sort(), [
    ...Array.from({ length: 5 }, () => 'Bug.add_comment'),
    'Bugzilla.version',
    'User.login',
  ])
})

t.test('REST is found with and without mod_rewrite, and with XML-RPC switched off', async (t) => {
  for (const options of [
    { modRewrite: true },
    { modRewrite: false },
    { xmlRpc: false },
    { xmlRpc: false, modRewrite: false },
  ])
    for (const version of ['5.3', 'harmony'] as const) {
      const both = await pair(t, { version, ...options }, byPassword)
      await both.session.perform(job())
      t.equal(both.target.comments(7).length, 1)
      const path = options.modRewrite === false ? '/rest.cgi/bug/7/comment' : '/rest/bug/7/comment'
      t.equal(both.target.asked.at(-1), `POST ${path}`)
    }
})

t.test('emoji stay, as far as the server can keep them, and the mark is found anyway', async (t) => {
  for (const version of all) {
    const both = await pair(t, { version }, byPassword)
    const since = new Date()
    await both.session.perform(job(comment('🎉 é\r\nnext')))
    const kept = ['3.4', '3.6', '4.0', '4.4'].includes(version) ? '???? é' : '🎉 é'
    t.equal(both.target.comments(7)[0]?.text, `Ada commented: ${kept}\nnext${end}`)
    t.match(await both.session.confirm(job(comment('🎉 é')), since), { id: '1' })
  }
})

t.test('the longest text is taken, and longer ones are cut to it', async (t) => {
  for (const version of ['3.4', '5.2', '5.3'] as const) {
    const both = await pair(t, { version }, byPassword)
    await both.session.perform(job(comment('<🎉>'.repeat(30_000))))
    const text = both.target.comments(7)[0]?.text ?? ''
    t.equal(text.endsWith(`…${end}`), true)
    t.match(await both.session.confirm(job(), new Date()), { id: '1' })
  }
})

t.test('a comment that the server counts as too long is cut further, and is there once', async (t) => {
  const text = '🎉 shields '.repeat(6000)
  for (const version of ['5.0', '5.3', 'harmony'] as const)
    for (const [effect, settings] of [
      [comment(text), {}],
      [{ ...state('accepted'), author: text }, { map_status }],
    ] as const) {
      const both = await pair(t, { version, isThreeBytes: true }, { ...byPassword, ...settings })
      await both.session.perform(job(effect))
      const [said, ...others] = both.target.comments(7).map(({ text }) => text)
      t.strictSame(others, [])
      t.ok(said?.endsWith(`…${end}`), 'with the link and the mark')
      const stored = [...(said ?? '')].reduce((sum, each) => sum + (each.length === 2 ? 11 : 1), 0)
      t.ok(stored > 65_000 && stored <= 65_535, `${stored} characters, as many as there is room for`)
      t.match(await both.session.confirm(job(effect), new Date()), { id: '1' })
    }
})

t.test('a server with a limit of its own gets what fits there, and nothing if nothing fits', async (t) => {
  const both = await pair(t, { version: 'harmony', longestComment: 10_000 }, byPassword)
  await both.session.perform(job(comment('shields '.repeat(9000))))
  t.match(both.target.comments(7), [{ text: /…\n\nhttps:\/\/\S+\n\[relay/ }])
  t.ok((both.target.comments(7)[0]?.text.length ?? 0) > 5000)
  const none = await pair(t, { version: '5.2', longestComment: 10 }, byPassword)
  t.match(await failed(none.session.perform(job(comment('shields '.repeat(9000))))), {
    verdict: 'dead',
    message: /refuses the comment as too long/,
  })
})

t.test('a delivery that fits no bug is dead before anything is sent', async (t) => {
  const both = await pair(t, {}, byPassword)
  const verdict = async (given: Job): Promise<unknown> => {
    const { verdict, message } = await failed(both.session.perform(given))
    return [verdict, message]
  }
  t.strictSame(await verdict(jobFor(comment())), ['dead', 'The story is linked to no Bugzilla ticket.'])
  for (const externalId of ['my-alias', '0', '-7', '7 or 8', '99999999999', '../7', '7.0'])
    t.strictSame(await verdict(jobFor(comment(), { ticket: { externalId, externalUrl: null } })), [
      'dead',
      `The story's link "${externalId}" does not name a Bugzilla ticket. Correct the link in Tracker.`,
    ])
  t.strictSame(await verdict(jobFor({ kind: 'forward' }, { ticket })), [
    'dead',
    'Bugzilla tickets cannot show an effect of the kind "forward".',
  ])
  t.equal(both.target.requests.length, 0)
})
