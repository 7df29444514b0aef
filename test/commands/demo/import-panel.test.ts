import t from 'tap'
import { openPanels, panelProblems, panelTable } from '../../../src/commands/demo/import-panel.ts'
import type { RunningTarget, Target } from '../../../src/commands/demo/target.ts'
import { type Answer, type StandIn, startStandIn } from '../../../src/stand-ins/stand-in.ts'

const panel = { shown: ['TEST-1', 'TEST-3'], linked: ['TEST-2'] }
const target: Target = { name: 'jira', title: 'JIRA', panel, start: () => Promise.reject(new Error('not started')) }
const importLogin = { username: 'tracker', password: 'a long: password' }

function story(id: string): string {
  return `<external_story><external_id>${id}</external_id><name>Shields &amp; &lt;pods&gt; of ${id}</name>
    <description>1 &lt; 2</description><requested_by>James Kirk</requested_by><story_type>feature</story_type>
    <estimate type="integer">3</estimate></external_story>`
}

const feed = (...ids: readonly string[]): Answer => ({
  status: 200,
  headers: { 'content-type': 'application/xml' },
  body: `<?xml version="1.0" encoding="UTF-8"?>
<external_stories type="array">${ids.map(story).join('')}</external_stories>`,
})

/** A relay that shows the tickets to who has the login. */
async function startRelay(t: { teardown(work: () => Promise<void>): void }, answer: Answer): Promise<StandIn> {
  const expected = `Basic ${Buffer.from('tracker:a long: password').toString('base64')}`
  const standIn = await startStandIn(({ method, path, headers }) => {
    if (method !== 'GET' || path !== '/imports/jira.xml') return { status: 404 }
    return headers.authorization === expected ? answer : { status: 401, body: 'A login is needed' }
  })
  t.teardown(() => standIn.close())
  return standIn
}

const running = (standIn: StandIn, login = importLogin): RunningTarget => ({
  standIn,
  settings: {},
  importLogin: login,
  received: () => [],
})

t.test('exactly the tickets that are no stories yet must be shown, in the order of their source', async (t) => {
  t.strictSame(panelProblems(panel, ['TEST-1', 'TEST-3']), [])
  t.strictSame(panelProblems(panel, ['TEST-1', 'TEST-2', 'TEST-3']), [
    'the import panel shows ticket TEST-2, which is a story already',
  ])
  t.strictSame(panelProblems(panel, ['TEST-3', 'TEST-4']), [
    'the import panel lacks ticket TEST-1',
    'the import panel shows ticket TEST-4, which nobody knows',
  ])
  t.strictSame(panelProblems(panel, ['TEST-3', 'TEST-1']), [
    'the import panel shows TEST-3, TEST-1, not TEST-1, TEST-3',
  ])
  t.strictSame(panelProblems(panel, ['TEST-1', 'TEST-3', 'TEST-3']), [
    'the import panel shows TEST-1, TEST-3, TEST-3, not TEST-1, TEST-3',
  ])
})

t.test('the panel is read once, with the login, and shown as a table', async (t) => {
  const relay = await startRelay(t, feed('TEST-1', 'TEST-3'))
  const [opened, ...others] = await openPanels(relay.url, [
    { target, running: running(relay) },
    { target: { ...target, name: 'other' }, running: { standIn: relay, settings: {}, received: () => [] } },
  ])
  if (opened === undefined) throw new Error('no panel was opened')
  t.strictSame(others, [], 'a target without an import has no panel')
  t.strictSame(opened.problems, [])
  t.equal(relay.requests.length, 1)
  t.equal(
    panelTable(opened, 80),
    [
      "Tracker's import panel shows 2 tickets of JIRA",
      '  ticket  type     points  requested by  name',
      '  ------  -------  ------  ------------  --------------------------',
      '  TEST-1  feature       3  James Kirk    Shields & <pods> of TEST-1',
      '  TEST-3  feature       3  James Kirk    Shields & <pods> of TEST-3',
      '  left out, because it is a story already: TEST-2',
    ].join('\n'),
  )
})

t.test('a panel that does not open is a problem, whatever it answers', async (t) => {
  const problemsAt = async (answer: Answer, login = importLogin): Promise<readonly string[] | undefined> => {
    const relay = await startRelay(t, answer)
    const [opened] = await openPanels(relay.url, [{ target, running: running(relay, login) }])
    return opened?.problems
  }
  t.strictSame(await problemsAt(feed('TEST-1', 'TEST-3'), { ...importLogin, password: 'wrong' }), [
    'the import panel was answered 401: A login is needed',
  ])
  t.strictSame(await problemsAt({ status: 502, body: 'JIRA is down' }), [
    'the import panel was answered 502: JIRA is down',
  ])
  t.strictSame(await problemsAt({ status: 200, body: '<html>Sign in</html>' }), [
    'the import panel was answered something else than tickets: <html>Sign in</html>',
  ])
})
