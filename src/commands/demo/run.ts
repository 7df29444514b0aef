import { join } from 'node:path'
import { packageFolder } from '../config-path.ts'
import { type Recorded, recordedDay } from './day.ts'
import type { Tried } from './ending.ts'
import { expectedOf } from './expected.ts'
import { openPanels } from './import-panel.ts'
import { incidentsOf } from './incidents.ts'
import { introduce, type Started, upset } from './introduction.ts'
import { type Played, play, post, settled } from './play.ts'
import { type DemoRelay, PROJECT_ID, startDemoRelay } from './relay.ts'
import { printReport } from './report.ts'
import { good, type Judged, type PlayedDay, problemsOf, resultOf } from './results.ts'
import type { Target } from './target.ts'
import { TARGETS } from './targets.ts'
import { judge } from './verdict.ts'
import { type OpenWorkspace, openWorkspace, playWorkspace, type Sent } from './workspaces/play.ts'
import { WORKSPACES } from './workspaces/workspaces.ts'

/** The recording that Tracker sends again right away, as it does when an answer comes late. */
const SENT_TWICE = 'jira_comment_on_the_test'

/** Everything that something is delivered to. */
export const ALL_TARGETS: readonly Target[] = [...TARGETS, ...WORKSPACES.flatMap(({ targets }) => targets)]

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

/** Plays the recorded days through a relay and into stand-ins of its targets, and tells what became of them. */
export async function runDemo(options: DemoOptions): Promise<Demo> {
  const until = Date.now() + options.deadlineSeconds * 1000
  const started: Started[] = []
  let demo: DemoRelay | null = null
  const close = async (): Promise<void> => {
    await demo?.relay.close()
    for (const { running } of started) await running.standIn.close()
  }
  try {
    for (const target of ALL_TARGETS) started.push({ target, running: await target.start() })
    const own = started.filter(({ target }) => TARGETS.includes(target))
    const integrations = Object.fromEntries(own.map(({ target, running }) => [target.name, running.settings]))
    const workspaces = WORKSPACES.map((workspace) => openWorkspace(workspace, started))
    const tracker = { id: PROJECT_ID, name: 'Enterprise', integrations }
    demo = await startDemoRelay(options.folder, [tracker, ...workspaces.map(({ project }) => project)])
    introduce(demo, started, options.tell)
    for (const each of started) upset(each, options)
    return { landed: await playThrough(demo, started, workspaces, until, options), close }
  } catch (error) {
    await close()
    throw error
  }
}

async function playThrough(
  demo: DemoRelay,
  started: readonly Started[],
  workspaces: readonly OpenWorkspace[],
  until: number,
  options: DemoOptions,
): Promise<boolean> {
  const { relay, config, url } = demo
  const { broken } = options
  const begun = Date.now()
  const day = recordedDay([join(packageFolder(), 'test', 'activities'), join(packageFolder(), 'demo', 'activities')])
  const [played, ...sent] = await Promise.all([
    playTracker(demo, day, started, until, options),
    ...workspaces.map((each) => playWorkspace(each, demo, until)),
  ])
  for (const { told } of sent) options.tell(told)
  await settled(relay.store, new Set(config.integrations.map(({ name }) => name)), until)
  const seconds = ((Date.now() - begun) / 1000).toFixed(1)

  const taken = day.slice(0, played.taken)
  const expected = [
    ...expectedOf(taken, PROJECT_ID, integrationsOf(demo, PROJECT_ID), TARGETS),
    ...sent.flatMap((each) => each.expected),
  ]
  const tried = await everythingTried(relay)
  const complete = new Set([
    ...(played.complete ? TARGETS : []),
    ...workspaces.flatMap(({ workspace }, at) => (isComplete(sent[at]) ? workspace.targets : [])),
  ])
  const verdicts = started.map(({ target, running }) =>
    judge(
      complete.has(target) && target.name !== broken ? target : withoutDemands(target),
      expected.filter(({ integration }) => integration === target.name),
      tried.filter(({ delivery }) => delivery.integration === target.name),
      running.received(),
      running.tickets?.(),
    ),
  )
  const days: PlayedDay[] = [
    { title: 'Tracker', taken: played.taken, total: day.length },
    ...sent.map(({ taken, total }, at) => ({ title: workspaces[at]?.workspace.title ?? '', taken, total })),
  ]
  // Of a day that was cut short nobody knows which tickets it has linked.
  const panels = played.complete ? await openPanels(url, started) : []
  const judged: Judged = { days, verdicts, panels, seconds }
  const problems = problemsOf(judged)
  if (options.json) options.print(JSON.stringify(resultOf(judged, problems), null, 2))
  else {
    printReport(started, { expected, tried, verdicts, panels }, options)
    if (problems.length === 0) options.print(`\n${good(judged)}`)
    else options.print(`\nNot everything landed:\n${problems.map((problem) => `  ${problem}`).join('\n')}`)
  }
  return problems.length === 0
}

async function playTracker(
  demo: DemoRelay,
  day: readonly Recorded[],
  started: readonly Started[],
  until: number,
  { broken, tell }: DemoOptions,
): Promise<Played> {
  const { relay } = demo
  const hook = demo.hookOf(PROJECT_ID)
  const [first] = day
  if (first === undefined) throw new Error('there is no recorded activity to play')
  const tickets = new Set(
    integrationsOf(demo, PROJECT_ID)
      .filter(({ name, configured }) => configured.tickets !== undefined && name !== broken)
      .map(({ name }) => name),
  )
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
  tell(`\nPlayed ${played.taken} activities of Tracker: ${xml} as XML v3, ${played.taken - xml} as JSON v5.`)
  tell(`The first: ${first.activity.description}`)
  await post(first, hook, 200)
  tell('Tracker sends the first one again: it is known already, and causes nothing.')
  return played
}

function integrationsOf({ config }: Pick<DemoRelay, 'config'>, projectId: string) {
  const names = config.projects.find(({ id }) => id === projectId)?.integrations ?? []
  return config.integrations.filter(({ name }) => names.includes(name))
}

const isComplete = (sent: Sent | undefined): boolean => sent !== undefined && sent.taken === sent.total

/** Nothing special can be asked of a day that was cut short, or of a target that was down all the time. */
function withoutDemands(target: Target): Target {
  return { ...target, exceptions: {}, troubles: {}, tickets: {} }
}

async function everythingTried({ store }: DemoRelay['relay']): Promise<Tried[]> {
  const deliveries = await store.deliveries({ limit: 1_000_000 })
  const found = await Promise.all(deliveries.map(({ id }) => store.delivery(id)))
  return found.flatMap((each) => each ?? [])
}
