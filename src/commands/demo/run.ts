import { join } from 'node:path'
import { packageFolder } from '../config-path.ts'
import { recordedDay } from './day.ts'
import type { Tried } from './ending.ts'
import { expectedOf } from './expected.ts'
import { addressOf, type OpenedPanel, openPanels } from './import-panel.ts'
import { incidentsOf } from './incidents.ts'
import { type Played, play, post, settled } from './play.ts'
import { type DemoRelay, PROJECT_ID, startDemoRelay } from './relay.ts'
import { printReport } from './report.ts'
import type { RunningTarget, Target } from './target.ts'
import { TARGETS } from './targets.ts'
import { judge, type Verdict } from './verdict.ts'

/** The recording that Tracker sends again right away, as it does when an answer comes late. */
const SENT_TWICE = 'jira_comment_on_the_test'

export interface DemoOptions {
  /** For everything that the demo writes. */
  readonly folder: string
  /** Show every line of what was received. */
  readonly all: boolean
  /** The name of a target that is down and stays so. */
  readonly broken: string | null
  readonly deadlineSeconds: number
  readonly width: number
  /** The result is wanted as JSON. */
  readonly json: boolean
  /** Takes what happens while the day is played. */
  tell(text: string): void
  /** Takes the result. */
  print(text: string): void
}

/** A demo that has been played and whose servers still run. */
export interface Demo {
  /** Everything that was planned has arrived: once, and in order. */
  readonly landed: boolean
  close(): Promise<void>
}

/** A target whose stand-in runs. */
export interface Started {
  readonly target: Target
  readonly running: RunningTarget
}

/** Plays the recorded day through a relay and into stand-ins of its targets, and tells what became of it. */
export async function runDemo(options: DemoOptions): Promise<Demo> {
  const until = Date.now() + options.deadlineSeconds * 1000
  const started: Started[] = []
  let demo: DemoRelay | null = null
  const close = async (): Promise<void> => {
    await demo?.relay.close()
    for (const { running } of started) await running.standIn.close()
  }
  try {
    for (const target of TARGETS) started.push({ target, running: await target.start() })
    demo = await startDemoRelay(
      options.folder,
      Object.fromEntries(started.map(({ target, running }) => [target.name, running.settings])),
    )
    introduce(demo, started, options)
    for (const each of started) upset(each, options)
    return { landed: await playThrough(demo, started, until, options), close }
  } catch (error) {
    await close()
    throw error
  }
}

function introduce(
  { url, page, hook, logFile, configFile }: DemoRelay,
  started: readonly Started[],
  { tell }: DemoOptions,
): void {
  tell(`Tracker Relay listens on ${url}`)
  tell(`  page:      ${page}`)
  tell(`  web hook:  ${hook}`)
  tell(`  metrics:   ${url}/metrics`)
  tell(`  log:       ${logFile}`)
  for (const { target } of started)
    if (target.panel !== undefined) tell(`  import:    ${addressOf(url, target)}  the login is in ${configFile}`)
  tell('Stand-ins of its targets:')
  const longest = Math.max(...started.map(({ target }) => target.name.length))
  for (const { target, running } of started)
    tell(`  ${target.name.padEnd(longest)}  ${running.standIn.url}  ${target.title}`)
}

function upset({ target, running }: Started, { broken, tell }: DemoOptions): void {
  if (target.name === broken) {
    running.standIn.down({ status: 503, headers: { 'content-type': 'text/html' }, body: 'Down for maintenance' })
    tell(`\n${target.title} is down, and stays so.`)
  } else if (target.stumble !== undefined) tell(`\n${target.title} has a bad start: it ${target.stumble(running)}.`)
}

async function playThrough(
  { relay, config, url, hook }: DemoRelay,
  started: readonly Started[],
  until: number,
  options: DemoOptions,
): Promise<boolean> {
  const { broken, tell } = options
  const day = recordedDay([join(packageFolder(), 'test', 'activities'), join(packageFolder(), 'demo', 'activities')])
  const [first] = day
  if (first === undefined) throw new Error('there is no recorded activity to play')
  const everywhere = new Set(config.integrations.map(({ name }) => name))
  const tickets = new Set(
    config.integrations
      .filter(({ name, configured }) => configured.tickets !== undefined && name !== broken)
      .map(({ name }) => name),
  )
  const begun = Date.now()
  const settle = (): Promise<boolean> => settled(relay.store, tickets, until)
  const { before, after } = incidentsOf(started, { store: relay.store, settle, until, broken, tell })
  const played = await play(day, hook, {
    settle,
    before,
    async after(recorded) {
      if (recorded.name === SENT_TWICE) {
        await post(recorded, hook, 200)
        tell(`Tracker sends "${recorded.activity.description}" twice: the second time causes nothing.`)
      }
      return await after(recorded.name)
    },
  })
  const xml = day.slice(0, played.taken).filter(({ activity }) => activity.format === 'xml').length
  tell(`\nPlayed ${played.taken} activities: ${xml} as XML v3, ${played.taken - xml} as JSON v5.`)
  tell(`The first: ${first.activity.description}`)
  await post(first, hook, 200)
  tell('Tracker sends the first one again: it is known already, and causes nothing.')
  await settled(relay.store, everywhere, until)
  const seconds = ((Date.now() - begun) / 1000).toFixed(1)

  const expected = expectedOf(day.slice(0, played.taken), PROJECT_ID, config.integrations, TARGETS)
  const tried = await everythingTried(relay)
  const verdicts = started.map(({ target, running }) =>
    judge(
      played.complete && target.name !== broken ? target : withoutDemands(target),
      expected.filter(({ integration }) => integration === target.name),
      tried.filter(({ delivery }) => delivery.integration === target.name),
      running.received(),
      running.tickets?.(),
    ),
  )
  // Of a day that was cut short nobody knows which tickets it has linked.
  const panels = played.complete ? await openPanels(url, started) : []
  const results = { expected, tried, verdicts, panels }
  const problems = problemsOf(results, played, day.length)
  if (options.json) options.print(JSON.stringify(resultOf(results, problems, played, seconds), null, 2))
  else {
    printReport(started, results, options)
    if (problems.length === 0) options.print(`\n${good(results, played, seconds)}`)
    else options.print(`\nNot everything landed:\n${problems.map((problem) => `  ${problem}`).join('\n')}`)
  }
  return problems.length === 0
}

/** Nothing special can be asked of a day that was cut short, or of a target that was down all the time. */
function withoutDemands(target: Target): Target {
  return { ...target, exceptions: {}, troubles: {}, tickets: {} }
}

async function everythingTried({ store }: DemoRelay['relay']): Promise<Tried[]> {
  const deliveries = await store.deliveries({ limit: 1_000_000 })
  const found = await Promise.all(deliveries.map(({ id }) => store.delivery(id)))
  return found.flatMap((each) => each ?? [])
}

interface Judged {
  readonly verdicts: readonly Verdict[]
  readonly panels: readonly OpenedPanel[]
}

function problemsOf({ verdicts, panels }: Judged, played: Played, total: number): readonly string[] {
  return [
    ...(played.complete ? [] : [`the time was up when ${played.taken} of ${total} activities were played`]),
    ...verdicts.flatMap((each) => each.problems.map((problem) => `${each.integration}: ${problem}`)),
    ...panels.flatMap(({ target, problems }) => problems.map((problem) => `${target.name}: ${problem}`)),
  ]
}

/** For programs; what the words of an integration mean stands at `Verdict`. */
function resultOf(
  { verdicts, panels }: Judged,
  problems: readonly string[],
  { taken }: Played,
  seconds: string,
): object {
  return {
    landed: problems.length === 0,
    problems,
    activities: taken,
    seconds: Number(seconds),
    integrations: verdicts.map(({ notLinked, inOrder, problems: _, ...each }) => ({
      ...each,
      not_linked: notLinked,
      in_order: inOrder,
    })),
    imports: panels.map(({ target, stories }) => ({ integration: target.name, stories })),
  }
}

function good({ verdicts, panels }: Judged, { taken }: Played, seconds: string): string {
  const sum = (of: (verdict: Verdict) => number): number => verdicts.reduce((total, each) => total + of(each), 0)
  const arrivals = sum(({ received }) => received)
  const imports = panels.reduce((total, { stories }) => total + stories.length, 0)
  const exceptions = `as expected ${sum(({ superseded }) => superseded)} superseded and ${sum(({ dead }) => dead)} dead`
  return `Everything landed, once and in order: ${taken} activities, ${arrivals} arrivals, ${imports} tickets to import, ${exceptions}, ${seconds} seconds.`
}
