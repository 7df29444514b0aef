import t from 'tap'
import type { Finding } from '../../../src/connectors/contract/connector.ts'
import type { LighthouseOptions } from '../../../src/stand-ins/lighthouse.ts'
import { checkBy, openAccount, TOKEN } from './lighthouse-account.ts'

/** Only what someone must act on, without the messages. */
function trouble(findings: readonly Finding[]): string[] {
  return findings.filter(({ level }) => level !== 'ok').map(({ level, setting }) => `${level} ${setting}`)
}

t.test('a check of correct settings names the user, the project and the states', async (t) => {
  const { target, check } = await openAccount(t)
  t.strictSame(await check(), [
    {
      level: 'ok',
      setting: 'token',
      message:
        'the token belongs to Relay (user 1); make sure that it has full access, which Lighthouse tells only at a URL that contains the token',
    },
    { level: 'ok', setting: 'external_project_id', message: 'the project is lh-test' },
    { level: 'ok', setting: 'external_project_id', message: 'the user is a member' },
    {
      level: 'ok',
      setting: 'states',
      message: 'started -> open, finished -> open, accepted -> resolved, rejected -> open',
    },
  ])
  t.strictSame(target.writes(), [])
})

t.test('a check reports what would fail later, with the setting', async (t) => {
  const nobody = [{ id: 54448, public: true, members: [2] }]
  const cases: [string, object, LighthouseOptions, string[], RegExp][] = [
    ['a wrong token', { token: 'f'.repeat(40) }, {}, ['error token'], /401/],
    [
      'one for another project',
      {},
      { tokens: { [TOKEN]: { userId: 1, projectId: 9 } } },
      ['error token'],
      /not limited to another project/,
    ],
    ['no such project', { external_project_id: 4711 }, {}, ['error external_project_id'], /no project 4711/],
    ['no member', {}, { projects: nobody }, ['error external_project_id'], /Make the user a member/],
    [
      'no member, comments only',
      { update_state: false },
      { projects: nobody },
      ['warning external_project_id'],
      /at most comment/,
    ],
    [
      'members are not told',
      {},
      { projects: [{ id: 54448, public: true }] },
      ['warning external_project_id'],
      /does not tell/,
    ],
    [
      'archived',
      {},
      { projects: [{ id: 54448, members: [1], archived: true }] },
      ['warning external_project_id'],
      /archived/,
    ],
    [
      'an unknown state',
      { states: { accepted: 'shipped' } },
      {},
      ['error states'],
      /"shipped", but the project has only new, open, resolved/,
    ],
    [
      'no state to go to',
      {},
      { projects: [{ id: 54448, members: [1], openStates: 'new' }] },
      ['warning states', 'warning states', 'warning states'],
      /no open state/,
    ],
  ]
  for (const [name, settings, options, expected, message] of cases) {
    const { check, target } = await openAccount(t, settings, options)
    const findings = await check()
    t.strictSame(trouble(findings), expected, name)
    t.ok(
      findings.some((finding) => finding.level !== 'ok' && message.test(finding.message)),
      `${name}: ${message}`,
    )
    t.notMatch(JSON.stringify(findings), new RegExp(TOKEN), `${name}: without the secret`)
    t.notOk(
      target.requests.some((request) => request.target.includes(TOKEN)),
      `${name}: no address has the token in it`,
    )
    t.strictSame(target.writes(), [])
  }
})

t.test('a check tells a wrong URL from a wrong token', async (t) => {
  const { target, again, check } = await openAccount(t)
  t.strictSame(trouble(await checkBy(again({ base_url: `${target.url}/elsewhere` }))), ['error base_url'])
  target.fault({ status: 301, headers: { location: 'https://www.lighthouseapp.com/' } })
  t.strictSame(trouble(await check()), ['error base_url'])
  target.fault({ status: 200, headers: { 'content-type': 'text/html' }, body: '<html>Buy this domain</html>' })
  t.strictSame(trouble(await check()), ['error base_url'])
  target.fault({ status: 503 })
  t.strictSame(trouble(await check()), ['error null'])
  target.limit(1)
  t.strictSame(trouble(await check()), ['error request_interval_seconds'])
  await target.close()
  t.strictSame(trouble(await check()), ['error base_url'])
})
