import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { widthOf } from '../../demo/table.ts'

/** Several demos, one after the other, on a machine that may be busy. In milliseconds. */
t.setTimeout(400_000)

const PROGRAM = fileURLToPath(new URL('../../demo/main.js', import.meta.url))

interface Demo {
  readonly child: ChildProcess
  output(): string
  /** Resolves when the text has been written, rejects when the demo ends without it. */
  says(text: string): Promise<void>
  /** @returns the exit code */
  ends(): Promise<number | null>
}

function start(t: Test, args: readonly string[]): Demo {
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const ended = once(child, 'close').then(([code]) => code as number | null)
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

/** The cells of the row that begins with the name, in the table under the heading. */
function row(output: string, heading: string, name: string): string[] {
  const table = output.slice(output.indexOf(heading)).split('\n\n')[0] ?? ''
  const line = table.split('\n').find((each) => each.trim().startsWith(`${name} `))
  return line?.trim().split(/ {2,}/) ?? []
}

const BOOKS = "Deliveries, by the relay's books"
const ARRIVALS = "Arrivals, by the targets' own"

t.test('the demo ends well: everything landed, also at the target that failed for a while', async (t) => {
  const demo = start(t, ['--all', '--deadline', '200'])
  const code = await demo.ends()
  const output = demo.output()
  if (code !== 0) t.comment(output)
  t.equal(code, 0)
  t.match(output, 'The first: James Kirk accepted "More power to shields"')
  t.match(output, /Everything landed, once and in order: \d+ activities, \d+ arrivals, /)

  const [, planned, delivered, skipped, open, dead, tries, again, found] = row(output, BOOKS, 'campfire').map(Number)
  t.strictSame([delivered, skipped, open, dead], [planned, 0, 0, 0])
  t.equal(again, 5, 'two refusals, two cut connections, one lost answer')
  t.equal(tries, (planned ?? 0) + 5)
  t.equal(found, 1, 'the message whose answer was lost is found, not said again')

  const names = ['campfire', 'once-campfire', 'webhook', 'webhook-raw', 'jira', 'jira-engine']
  for (const name of [...names, 'lighthouse', 'zendesk', 'bugzilla']) {
    const [, due, received, lost, twice, order] = row(output, ARRIVALS, name)
    t.ok(Number(received) > 0, `${name} has received something`)
    t.ok(Number(received) >= Number(due), `${name} has received all that it should`)
    t.strictSame([lost, twice, order], ['0', '0', 'kept'], name)
  }

  t.match(output, /Bridge {2}James Kirk accepted "More power to shields" https:/)
  t.match(output, /story\.accepted +James Kirk accepted "More power to shields"/)
  t.match(output, /TEST-1280 {2}moved to In Progress/)
  t.match(output, /431 +James Kirk accepted "Turbolift stops between decks"/)
  const folder = folderIn(output)
  t.notOk(existsSync(folder), 'nothing is left behind')
  for (const line of output.split('\n').filter((each) => /^ {2}( *\d+ |-+ )/.test(each)))
    t.ok(widthOf(line) <= 120, `within the width: ${line}`)
})

t.test(
  'with a target that never recovers the demo says which, keeps running when asked to, and ends with 1',
  async (t) => {
    const demo = start(t, ['--break', 'campfire', '--deadline', '6', '--stay'])
    await demo.says('Everything keeps running, until Ctrl-C.')
    const folder = folderIn(demo.output())
    t.teardown(() => rmSync(folder, { recursive: true, force: true }))
    const output = demo.output()
    t.match(output, /Not everything landed:\n/)
    t.match(output, /\n {2}campfire: \d+ of its deliveries still wait \(.*503/)
    const [, planned, delivered, , open] = row(output, BOOKS, 'campfire').map(Number)
    t.ok(Number(planned) > 0)
    t.strictSame([delivered, open], [0, planned])
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

t.test('an interrupted demo leaves nothing behind', async (t) => {
  const demo = start(t, ['--break', 'campfire'])
  await demo.says('is down, and stays so')
  demo.child.kill('SIGTERM')
  t.equal(await demo.ends(), 143)
  t.notOk(existsSync(folderIn(demo.output())))
})

t.test('the help names every option, and a target that does not exist is refused', async (t) => {
  const help = start(t, ['--help'])
  t.equal(await help.ends(), 0)
  for (const option of ['--stay', '--all', '--break <target>', '--deadline <seconds>']) t.match(help.output(), option)
  const wrong = start(t, ['--break', 'slack'])
  t.equal(await wrong.ends(), 1)
  t.match(wrong.output(), /campfire, once-campfire, webhook/)
})

function folderIn(output: string): string {
  const [, folder = ''] = /log: +(\S+)\/relay\.log/.exec(output) ?? []
  if (folder === '') throw new Error(`the demo named no log:\n${output}`)
  return folder
}
