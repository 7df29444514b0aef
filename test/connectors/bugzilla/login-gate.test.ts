import t, { type Test } from 'tap'
import bugzilla from '../../../src/connectors/bugzilla/index.ts'
import type { Finding, Session } from '../../../src/connectors/contract/connector.ts'
import { DeliveryError } from '../../../src/connectors/contract/delivery-error.ts'
import type { CommentEffect } from '../../../src/connectors/contract/effect.ts'
import { createAccounts, type NoteVerbs } from '../../../src/gateway/accounts.ts'
import { type BugzillaStandIn, bug, startBugzilla, type VersionName } from '../../../src/stand-ins/bugzilla.ts'
import { jobFor, openSession } from '../../harness.ts'

const MINUTE_MS = 60_000
const right = { username: 'relay@relay.test', password: 'Relay-Passw0rd1' }
const wrong = { ...right, password: 'Wrong-Passw0rd' }
const versions: readonly VersionName[] = ['3.6', '4.4', '5.2', '5.3', 'harmony']
const comment: CommentEffect = { kind: 'comment', storyId: '1', author: 'Ada', text: 'words', commentId: '5' }
const job = () => jobFor(comment, { ticket: { externalId: '7', externalUrl: null } })

/** A database that several processes have open. */
function notesOnDisk(): NoteVerbs & { readonly rows: Map<string, string> } {
  const rows = new Map<string, string>()
  return {
    rows,
    loadNote: async (name) => rows.get(name) ?? null,
    saveNote: async (name, note) => void rows.set(name, note),
    forgetNote: async (name) => void rows.delete(name),
  }
}

interface Setup {
  readonly target: BugzillaStandIn
  readonly notes: ReturnType<typeof notesOnDisk>
  pass(ms: number): void
  /** A relay or a command: its integrations share what is in memory. */
  process(): { open(settings: object, url?: string): Session }
  wrongLogins(): number
}

async function setup(t: Test, version: VersionName): Promise<Setup> {
  let now = Date.parse('2026-11-28T00:00:00Z')
  const target = await startBugzilla({ version, bugs: [bug(7)], now: () => new Date(now) })
  t.teardown(() => target.close())
  const notes = notesOnDisk()
  return {
    target,
    notes,
    pass(ms) {
      now += ms
    },
    process() {
      const accounts = createAccounts(notes, () => now)
      return {
        open(settings, url = target.url) {
          const opened = openSession(bugzilla, { url, ...settings }, { now: () => new Date(now), accounts })
          t.teardown(opened.close)
          return opened.session
        },
      }
    },
    wrongLogins: () =>
      target.requests.filter(({ body, headers }) => `${body}${headers['x-bugzilla-password']}`.includes('Wrong-'))
        .length,
  }
}

async function verdictOf(session: Session): Promise<Pick<DeliveryError, 'verdict' | 'retryAfterMs' | 'message'>> {
  try {
    await session.perform?.(job())
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error
    return { verdict: error.verdict, retryAfterMs: error.retryAfterMs, message: error.message }
  }
  throw new Error('it was delivered')
}

const errors = (findings: readonly Finding[] | undefined): readonly Finding[] =>
  (findings ?? []).filter(({ level }) => level === 'error')

for (const version of versions) {
  t.test(`all integrations of an account try a wrong password once in ${version}`, async (t) => {
    const { target, process, wrongLogins } = await setup(t, version)
    const { open } = process()
    // The same account, though the settings do not look the same.
    const sessions = [
      ...[1, 2, 3].map(() => open(wrong)),
      open({ ...wrong, username: 'Relay@relay.test' }),
      open(wrong, `${target.url}/`),
      open(wrong, target.url.replace('http', 'HTTP')),
    ]
    const ends = await Promise.all(sessions.map(verdictOf))
    t.ok(ends.every(({ verdict }) => verdict === 'pause'))
    t.equal(wrongLogins(), 1)
  })

  t.test(`restarts and checks do not lock the account in ${version}, and leave two tries to people`, async (t) => {
    const { process, wrongLogins, notes, pass, target } = await setup(t, version)
    for (let count = 0; count < 3; count += 1) {
      t.equal((await verdictOf(process().open(wrong))).verdict, 'pause')
      pass(MINUTE_MS)
    }
    t.equal(wrongLogins(), 3)
    const { open } = process()
    const findings = await Promise.all([1, 2, 3, 4, 5, 6].map(() => open(wrong).check?.()))
    for (const found of findings)
      t.match(errors(found), [{ setting: 'password', message: /refused 3 logins .* tries again at 00:30 UTC/ }])
    t.match(await verdictOf(open(right)), { verdict: 'hold', retryAfterMs: 27 * MINUTE_MS })
    t.equal(wrongLogins(), 3)
    t.notMatch([...notes.rows].join(), /relay@relay|Passw0rd|127\.0\.0\.1/, 'the note tells nothing')
    pass(27 * MINUTE_MS)
    await open(right).perform?.(job())
    t.equal(target.comments(7).length, 1, 'it goes on by itself')
    t.equal(notes.rows.size, 0, 'and what was noted is forgotten')
  })
}

t.test('a corrected password is tried at once, by the same process and by the next', async (t) => {
  const { process, target } = await setup(t, '5.2')
  const { open } = process()
  await verdictOf(open(wrong))
  await open(right).perform?.(job())
  await verdictOf(process().open(wrong))
  await process().open(right).perform?.(job())
  t.equal(target.comments(7).length, 2)
})

t.test('an account that is locked is held, and tried once when the lock ends', async (t) => {
  for (const version of versions) {
    const { target, process, pass } = await setup(t, version)
    await lock(target)
    const { open } = process()
    const session = open(right)
    t.match(await verdictOf(session), {
      verdict: 'hold',
      retryAfterMs: 30 * MINUTE_MS,
      message: /^Bugzilla has locked the account for half an hour.*by itself/,
    })
    const before = target.requests.length
    pass(10 * MINUTE_MS)
    for (const other of [session, open(right), process().open(right)])
      t.match(await verdictOf(other), { verdict: 'hold', retryAfterMs: 20 * MINUTE_MS })
    t.equal(
      target.requests.slice(before).filter(({ body }) => body.includes('Passw0rd')).length,
      0,
      'nobody logs in meanwhile',
    )
    pass(20 * MINUTE_MS)
    await session.perform?.(job())
    t.equal(target.comments(7).length, 1, `${version} goes on without anybody`)
  }
})

/** Somebody else at the same address does not know the password. */
async function lock(target: BugzillaStandIn): Promise<void> {
  for (let count = 0; count < 5; count += 1) {
    const { session, close } = openSession(bugzilla, { url: target.url, ...wrong })
    await verdictOf(session)
    await close()
  }
}

t.test('accounts of other names, and API keys, are not held up', async (t) => {
  const { process, target } = await setup(t, '5.2')
  const { open } = process()
  for (let count = 0; count < 3; count += 1) await verdictOf(process().open(wrong))
  t.equal((await verdictOf(open(right))).verdict, 'hold')
  await open({ username: 'plain@relay.test', password: 'Plain-Passw0rd1' }).perform?.(job())
  await open({ username: 'relay@relay.test', api_key: 'Kq3vRelayKey' }).perform?.(job())
  t.equal(target.comments(7).length, 2)
})

t.test('a clock that was set back by hours does not keep the account out', async (t) => {
  const { process, pass, target } = await setup(t, '5.2')
  for (let count = 0; count < 3; count += 1) await verdictOf(process().open(wrong))
  pass(-180 * MINUTE_MS)
  await process().open(right).perform?.(job())
  t.equal(target.comments(7).length, 1)
})
