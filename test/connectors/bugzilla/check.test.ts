import t, { type Test } from 'tap'
import bugzilla from '../../../src/connectors/bugzilla/index.ts'
import type { Finding } from '../../../src/connectors/contract/connector.ts'
import { type BugzillaOptions, startBugzilla, type VersionName, versions } from '../../../src/stand-ins/bugzilla.ts'
import { openSession } from '../../harness.ts'

const relay = { username: 'relay@relay.test', password: 'Relay-Passw0rd1' }
const insider = { username: 'insider@relay.test', password: 'Insider & <Passw0rd1>' }
const plain = { username: 'plain@relay.test', password: 'Plain-Passw0rd1' }
const relayKey = { api_key: 'Kq3vRelayKey' }

async function check(t: Test, options: BugzillaOptions, settings: object): Promise<readonly Finding[]> {
  const target = await startBugzilla(options)
  t.teardown(() => target.close())
  const { session, close } = openSession(bugzilla, { url: target.url, ...settings })
  t.teardown(close)
  const findings = await session.check?.()
  t.notMatch(JSON.stringify(findings), /Passw0rd|Kq3v/)
  t.strictSame(
    target.asked.filter((each) => /add_comment|update|^P/.test(each)),
    [],
    'nothing is written',
  )
  return findings ?? []
}

const answers = (version: VersionName): Finding => ({
  level: 'ok',
  setting: 'url',
  message: `Bugzilla ${versions[version].replace('+', '')} answers`,
})

const nothingToImport: Finding = { level: 'ok', setting: null, message: 'the import shows no bug at the moment' }

for (const version of Object.keys(versions) as VersionName[])
  t.test(`a right login is found right in ${version}, and a wrong one wrong`, async (t) => {
    const [answered, loggedIn, imported] = await check(t, { version }, relay)
    t.strictSame([answered, imported], [answers(version), nothingToImport])
    const isNew = version === '5.3' || version === 'harmony'
    t.match(loggedIn, {
      level: isNew ? 'warning' : 'ok',
      setting: isNew ? 'password' : 'username',
      message: version.startsWith('3') || version.startsWith('4') ? /^logged in as relay@relay\.test$/ : /an API key/,
    })
    t.strictSame(await check(t, { version }, { ...relay, password: 'wrong' }), [
      answers(version),
      {
        level: 'error',
        setting: 'password',
        message: 'Bugzilla does not accept username and password; correct them (five wrong logins lock the account)',
      },
    ])
  })

t.test('a key is tried, and whose it is', async (t) => {
  const own = { level: 'ok', setting: 'api_key', message: 'logged in as relay@relay.test' }
  const foreign = {
    level: 'error',
    setting: 'username',
    message: 'does not name the account that api_key belongs to; set its login name',
  }
  for (const version of ['5.0', '5.2', '5.3', 'harmony'] as const) {
    t.strictSame((await check(t, { version }, { ...relayKey, username: relay.username }))[1], own)
    t.strictSame((await check(t, { version }, { ...relayKey, username: plain.username }))[1], foreign)
    t.match(await check(t, { version }, { api_key: 'Kq3vWrong' }), [{}, { level: 'error', setting: 'api_key' }])
  }
  t.strictSame((await check(t, { version: '5.3' }, relayKey))[1], own)
  t.match((await check(t, { version: '5.2' }, relayKey))[1], { level: 'warning', setting: 'username' })
  t.match(await check(t, { version: '4.4' }, relayKey), [
    { level: 'error', setting: 'api_key', message: /^Bugzilla 4\.4\.14 does not support API keys/ },
  ])
})

t.test('whether private comments are possible is said, as far as Bugzilla tells', async (t) => {
  const settings = { comments_private: true }
  for (const version of ['4.4', '5.2', '5.3', 'harmony'] as const) {
    const found = async (insiderGroup: string, login: object): Promise<Finding | undefined> =>
      (await check(t, { version, insiderGroup }, { ...settings, ...login }))[2]
    t.strictSame(await found('insiders', insider), {
      level: 'ok',
      setting: 'comments_private',
      message: 'the account is in the insider group insiders',
    })
    t.match(await found('others', insider), {
      level: 'error',
      setting: 'comments_private',
      message: /^the account is not in the insider group others/,
    })
    t.match(await found('', insider), { level: 'error', message: /^Bugzilla has no insider group/ })
    t.match(await found('insiders', relay), { level: 'warning', message: /does not tell whether/ })
  }
  t.match((await check(t, { version: '3.4' }, { ...settings, ...insider }))[2], { level: 'warning' })
})

t.test('the names in map_status are compared with those of Bugzilla', async (t) => {
  const map_status = {
    started: { status: 'in_progress' },
    finished: { status: 'ASSIGNED' },
    delivered: { status: 'RESOLVED' },
    accepted: { status: 'RESOLVED', resolution: 'DONE' },
    rejected: { status: 'CONFIRMED', resolution: 'FIXED' },
  }
  for (const version of ['4.0', '5.2', '5.3'] as const)
    t.match((await check(t, { version }, { ...relay, map_status })).slice(2), [
      {
        level: 'error',
        setting: 'map_status.finished',
        message: /^Bugzilla has no status ASSIGNED; it has UNCONFIRMED, /,
      },
      { level: 'error', setting: 'map_status.delivered', message: /add a resolution: FIXED, / },
      { level: 'error', setting: 'map_status.accepted', message: /^Bugzilla has no resolution DONE; it has FIXED, / },
      { level: 'error', setting: 'map_status.rejected', message: /leaves the bug open, so remove the resolution/ },
    ])
  const right = { map_status: { accepted: { status: 'RESOLVED', resolution: 'FIXED' } } }
  const known = { level: 'ok', setting: 'map_status', message: 'Bugzilla knows all its names' }
  t.strictSame((await check(t, { version: '5.2' }, { ...relay, ...right })).slice(2), [known, nothingToImport])
  t.match((await check(t, { version: '5.2' }, { ...plain, ...right })).slice(2), [
    known,
    { level: 'warning', setting: 'map_status', message: /not in the group editbugs/ },
  ])
  t.match((await check(t, { version: '3.6' }, { ...relay, ...right })).slice(2), [
    { level: 'warning', setting: 'map_status', message: /^Bugzilla 3\.6\.13 cannot change/ },
  ])
})

t.test('an address where no Bugzilla is, is a finding about url', async (t) => {
  const target = await startBugzilla()
  t.teardown(() => target.close())
  const { session, close } = openSession(bugzilla, { url: `${target.url}/elsewhere`, ...relay })
  t.teardown(close)
  t.strictSame(await session.check?.(), [
    { level: 'error', setting: 'url', message: "url does not lead to Bugzilla's web service (404); correct url" },
  ])
})
