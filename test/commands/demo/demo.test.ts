import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, rmSync } from 'node:fs'
import t, { type Test } from 'tap'
import { exactWidth as widthOf } from '../../../src/commands/terminal/exact-width.ts'
import { MAIN } from '../../gateway/relay-process.ts'

/** Several demos, one after the other, on a machine that may be busy. In milliseconds. */
t.setTimeout(400_000)

interface Demo {
  readonly child: ChildProcess
  output(): string
  /** Resolves when the text has been written, rejects when the demo ends without it. */
  says(text: string): Promise<void>
  /** @returns the exit code, or the signal that ended it */
  ends(): Promise<number | NodeJS.Signals>
}

function start(t: Test, args: readonly string[]): Demo {
  const child = spawn(process.execPath, [MAIN, 'demo', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals)
  t.teardown(() => child.kill('SIGKILL'))
  return {
    child,
    output: () => output,
    says: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => (output.includes(text) ? resolve() : undefined)
        child.stdout.on('data', look)
        void ended.then(() => reject(new Error(`the demo ended without saying "${text}":\n${output}`)))
        look()
      }),
    ends: () => ended,
  }
}

/** What a ticket shows, in order, each as far as it says what it is. */
function readAt(output: string, ticket: string): string[] {
  const lines = output.split('\n').filter((line) => new RegExp(`^ +\\d+ +${ticket} `).test(line))
  return lines.map((line) => {
    const text = line.trim().split(/ {2,}/).slice(2).join(' ')
    const said = /^.* commented: (?:The guide rail|It fires\.|There is an arrow|Well done\.)/.exec(text)
    return said?.[0] ?? text
  })
}

/** The rows of what did not simply arrive, without the reasons; what was confirmed is told by the tries. */
function exceptions(output: string): string[][] {
  const [, , , ...lines] = output.slice(output.indexOf(EXCEPTIONS)).split('\n\n')[0]?.split('\n') ?? []
  return lines.map((line) => line.trim().split(/ {2,}/).slice(0, 4)).filter(([, , , end]) => end !== 'confirmed')
}

/** The cells of the row that begins with the name, in the table under the heading. */
function row(output: string, heading: string, name: string): string[] {
  const table = output.slice(output.indexOf(heading)).split('\n\n')[0] ?? ''
  const line = table.split('\n').find((each) => each.trim().startsWith(`${name} `))
  return line?.trim().split(/ {2,}/) ?? []
}

/** The tickets in the import panel. */
function panelRows(output: string): string[][] {
  const panel = output.slice(output.indexOf("Tracker's import panel shows")).split('\n\n')[0] ?? ''
  const lines = panel.split('\n').filter((line) => line.startsWith('  TEST-'))
  return lines.map((line) => line.trim().split(/ {2,}/))
}

/** What happens to a ticket, each comment by its author. */
function toldBy(output: string, ticket: string): string[] {
  return readAt(output, ticket).map((text) => /^(.*) commented: /.exec(text)?.[1] ?? text)
}

/** The tickets of the workspaces, after days in which every third event came twice and every tenth late. */
const TODAY = {
  'ENT-17': [
    ...['moved to In Progress', 'Geordi La Forge', 'Worf', 'Beverly Crusher'],
    ...['moved to Done', 'Data', 'moved to In Progress', 'Worf'],
    ...['moved to In Review', 'moved to Done', 'Geordi La Forge'],
  ],
  'ENT-18': ['moved to In Progress', 'Deanna Troi', 'moved to In Review', 'moved to Done', 'Data'],
  'OPS-7': [
    ...['moved to In Progress', "Miles O'Brien", 'Kira Nerys', 'moved to In Review', 'moved to Done', 'Quark', 'Odo'],
    ...['moved to In Progress', "Miles O'Brien", 'moved to Done'],
  ],
  'OPS-8': ['moved to In Progress', 'Jadzia Dax', 'moved to In Review', 'Odo', 'moved to Done', 'Kira Nerys'],
  5: ['Quark', 'closed as completed'],
}

const BOOKS = "Deliveries, by the relay's books"
const TRIES = "Tries, by the relay's books"
const EXCEPTIONS = 'What did not simply arrive'
const ARRIVALS = "Arrivals, by the targets' own"

t.test('the demo ends well: everything landed, also at the target that failed for a while', async (t) => {
  const demo = start(t, ['--all', '--deadline', '200'])
  const code = await demo.ends()
  const output = demo.output()
  if (code !== 0) t.comment(output)
  t.equal(code, 0)
  t.match(output, 'The first: James Kirk accepted "More power to shields"')
  t.match(
    output,
    /Everything landed, once and in order: \d+ activities, \d+ arrivals, 4 tickets to import, as expected 3 superseded, 3 too late and 2 dead, [\d.]+ seconds\.\n$/,
  )

  const [, planned, ...books] = row(output, BOOKS, 'campfire').map(Number)
  t.strictSame(books, [planned, 0, 0, 0, 0, 0])
  t.strictSame(
    row(output, TRIES, 'campfire').slice(1).map(Number),
    [(planned ?? 0) + 5, 5, 0, 1],
    'two refusals, two cut connections, and one lost answer whose message is found, not said again',
  )

  const [, posts] = row(output, BOOKS, 'twitter').map(Number)
  t.strictSame(
    row(output, TRIES, 'twitter').slice(1).map(Number),
    [(posts ?? 0) + 1, 1, 0, 1],
    'the post that was answered 503 is found, not written again',
  )

  const names = [
    'campfire',
    'once-campfire',
    'webhook',
    'webhook-raw',
    'slack',
    'teams',
    'discord',
    'matrix',
    'twitter',
    'mastodon',
    'jira',
    'jira-engine',
    ...['linear-slack', 'linear-jira', 'shortcut-slack', 'shortcut-jira', 'shortcut-github'],
  ]
  for (const name of [...names, 'lighthouse', 'zendesk', 'bugzilla']) {
    const [, due, received, lost, twice, order] = row(output, ARRIVALS, name)
    t.ok(Number(received) > 0, `${name} has received something`)
    t.ok(Number(received) >= Number(due), `${name} has received all that it should`)
    t.strictSame([lost, twice, order], ['0', '0', 'kept'], name)
  }

  t.match(output, /Bridge {2}James Kirk accepted "More power to shields" https:/)
  t.match(output, /@enterprise {2}Spock rejected "More power to shields": "Only 110 %\. And they hum\."\n/)
  t.match(output, /unlisted {2}James Kirk accepted "More power to shields" https:/)
  t.match(output, /story\.accepted +James Kirk accepted "More power to shields"/)
  t.match(output, /TEST-1280 {2}moved to In Progress/)
  t.match(output, /431 +private: James Kirk accepted "Turbolift stops between decks"/)
  t.notMatch(output, 'PUBLIC', 'what is private stays so')

  t.match(output, 'the second time causes nothing')
  t.strictSame(readAt(output, 'TEST-1282'), [
    'moved to In Progress',
    'Pavel Chekov commented: The guide rail',
    'Spock commented: It fires.',
    'Pavel Chekov commented: There is an arrow',
    'moved to Resolved',
    'James Kirk commented: Well done.',
  ])
  t.strictSame(exceptions(output), [
    ['bugzilla', '431', 'bugzilla_story_delivered', 'in part'],
    ['jira', 'TEST-1282', 'jira_story_delivered', 'superseded'],
    ['jira', 'TEST-1282', 'jira_story_accepted_at_first', 'superseded'],
    ['jira', 'TEST-1282', 'jira_story_restarted', 'superseded'],
    ['lighthouse', '44', 'gone_story_started', 'dead'],
    ['lighthouse', '44', 'gone_story_commented', 'dead'],
    ['linear-jira', 'ENT-17', '10_safety_in_review', 'too late'],
    ['shortcut-jira', 'OPS-7', '20_pylon_in_review_again', 'too late'],
    ['shortcut-github', 'OPS-7', '20_pylon_in_review_again', 'too late'],
  ])
  for (const [ticket, happened] of Object.entries(TODAY)) t.strictSame(toldBy(output, ticket), happened, ticket)
  t.match(output, 'Linear has sent 23 signed events: 7 of them twice, 2 late, and 1 that tells nobody anything.')
  t.match(output, 'Shortcut has sent 25 signed events: 8 of them twice, 2 late, and 1 that tells nobody anything.')
  t.match(output, /Slack {2}Data cancelled "Sherlock's violin is out of tune"/)
  t.match(output, /Slack {2}Odo cancelled "A second dabo table in Ops"/)
  const [, , , jiraHeld] = row(output, TRIES, 'jira').map(Number)
  t.ok(Number(jiraHeld) >= 1, 'JIRA was left alone while it was down')
  t.equal(row(output, TRIES, 'zendesk')[3], '1', 'Zendesk asked for a pause once')
  t.equal(row(output, TRIES, 'lighthouse')[4], '1', 'the answer of Lighthouse that was lost was found')
  t.match(output, 'in the end: TEST-1280 In Progress, TEST-1282 Resolved\n')
  t.match(output, 'in the end: 431 RESOLVED FIXED\n')

  t.strictSame(panelRows(output), [
    ['TEST-1280', 'bug', 'Pavel Chekov', 'Phasers overheat in training'],
    ['TEST-1281', 'feature', '2', 'Janice Rand', 'Name the shuttles & their pods'],
    ['TEST-1283', 'feature', '1', 'Hikaru Sulu', 'Show <warp> factors with two digits'],
    ['TEST-1284', 'chore', 'Nyota Uhura', 'Clean the universal translator'],
  ])
  t.match(output, '  left out, because it is a story already: TEST-1282\n')

  const folder = folderIn(output)
  t.notOk(existsSync(folder), 'nothing is left behind')
  for (const line of output.split('\n').filter((each) => /^ {2}( *\d+ |-+ )/.test(each)))
    t.ok(widthOf(line) <= 120, `within the width: ${line}`)
})

t.test(
  'with a target that never recovers the demo says which, keeps running when asked to, and ends with 1',
  async (t) => {
    const demo = start(t, ['--break', 'campfire', '--deadline', '8', '--stay'])
    await demo.says('Everything keeps running, until Ctrl-C.')
    const folder = folderIn(demo.output())
    t.teardown(() => rmSync(folder, { recursive: true, force: true }))
    const output = demo.output()
    t.match(output, /Not everything landed:\n/)
    t.match(output, /\n {2}campfire: \d+ of its deliveries still wait \(.*503/)
    const [, planned, ...books] = row(output, BOOKS, 'campfire').map(Number)
    t.ok(Number(planned) > 0)
    t.strictSame(books, [0, 0, 0, 0, 0, planned])
    t.strictSame(row(output, ARRIVALS, 'campfire').slice(2), ['0', String(planned), '0', 'kept'])

    const [, metrics = ''] = /metrics: +(\S+)/.exec(output) ?? []
    const answer = await fetch(metrics)
    t.equal(answer.status, 200)
    t.match(await answer.text(), 'relay_deliveries{integration="campfire"')
    demo.child.kill('SIGINT')
    t.equal(await demo.ends(), 1)
    t.ok(existsSync(`${folder}/relay.yaml`), 'what it wrote stays to be looked at')
  },
)

t.test('with --json standard output is one object, and says what did not land', async (t) => {
  const demo = start(t, ['--json', '--break', 'jira', '--deadline', '3'])
  let result = ''
  demo.child.stdout?.on('data', (chunk: Buffer) => (result += chunk.toString()))
  t.equal(await demo.ends(), 1)
  const { landed, problems, integrations } = JSON.parse(result) as {
    landed: boolean
    problems: string[]
    integrations: { integration: string; received: number; in_order: boolean }[]
  }
  t.equal(landed, false)
  t.ok(problems.length > 0)
  t.match(
    integrations.find(({ integration }) => integration === 'jira'),
    { received: 0, in_order: true },
  )
  t.match(demo.output(), 'JIRA is down, and stays so.')
})

t.test('an interrupted demo leaves nothing behind', async (t) => {
  const demo = start(t, ['--break', 'campfire'])
  await demo.says('is down, and stays so')
  demo.child.kill('SIGTERM')
  t.equal(await demo.ends(), 'SIGTERM')
  t.notOk(existsSync(folderIn(demo.output())))
})

t.test('the help names every option, and a target that does not exist is refused', async (t) => {
  const help = start(t, ['--help'])
  t.equal(await help.ends(), 0)
  for (const option of ['--stay', '--all', '--break <target>', '--deadline <seconds>', '--json'])
    t.match(help.output(), option)
  const wrong = start(t, ['--break', 'telegraph'])
  t.equal(await wrong.ends(), 2)
  t.match(wrong.output(), /--break must be one of campfire, once-campfire, webhook.*, not "telegraph"/)
})

function folderIn(output: string): string {
  const [, folder = ''] = /log: +(\S+)\/relay\.log/.exec(output) ?? []
  if (folder === '') throw new Error(`the demo named no log:\n${output}`)
  return folder
}
