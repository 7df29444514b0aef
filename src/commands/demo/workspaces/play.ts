import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { packageFolder } from '../../config-path.ts'
import { type Expected, expectedOf } from '../expected.ts'
import { send } from '../play.ts'
import type { DemoProject, DemoRelay } from '../relay.ts'
import type { RunningTarget, Target } from '../target.ts'
import { type Sending, workspaceDay } from './day.ts'
import { ADDRESSES, type Workspace } from './workspace.ts'

/** A workspace whose targets run. */
export interface OpenWorkspace {
  readonly workspace: Workspace
  readonly signingSecret: string
  readonly project: DemoProject
  /** Where the tickets are, by what stands for that in the events. */
  readonly addresses: ReadonlyMap<string, string>
}

/** What the relay has taken of its day, before the time was up. */
export interface Sent {
  /** How many events, and of how many; those that come again do not count. */
  readonly taken: number
  readonly total: number
  readonly expected: readonly Expected[]
  /** What came twice, came late and tells nothing, as a sentence. */
  readonly told: string
}

export function openWorkspace(
  workspace: Workspace,
  started: readonly { readonly target: Target; readonly running: RunningTarget }[],
): OpenWorkspace {
  const signingSecret = randomBytes(24).toString('hex')
  const own = started.filter(({ target }) => workspace.targets.includes(target))
  return {
    workspace,
    signingSecret,
    addresses: new Map(
      own.flatMap(({ running: { settings, standIn } }) => {
        const standing = ADDRESSES[String(settings.type)]
        return standing === undefined ? [] : [[standing, standIn.url] as const]
      }),
    ),
    project: {
      id: workspace.name,
      name: workspace.title,
      source: workspace.source(signingSecret),
      integrations: Object.fromEntries(own.map(({ target, running }) => [target.name, running.settings])),
    },
  }
}

/**
 * Sends the workspace's day to the hook of its project, each request when the one before is answered.
 * @param until milliseconds since 1970
 * @throws {Error} when the relay takes a request in another way than it should
 */
export async function playWorkspace(
  { workspace, signingSecret, addresses }: OpenWorkspace,
  { config, hookOf }: Pick<DemoRelay, 'config' | 'hookOf'>,
  until: number,
): Promise<Sent> {
  const project = config.projects.find(({ id }) => id === workspace.name)
  if (project?.source === undefined) throw new Error(`the config has no source for ${workspace.name}`)
  const folder = join(packageFolder(), 'demo', workspace.name)
  const day = await workspaceDay(workspace, { folder, addresses, source: project.source.configured })
  const sent: Sending[] = []
  for (const each of day) {
    if (Date.now() >= until) break
    const request = workspace.request(each.event, signingSecret)
    await send(each.name, request, hookOf(project.id), each.isRepeat || each.activity === null ? 200 : 202)
    sent.push(each)
  }
  const integrations = config.integrations.filter(({ name }) => project.integrations.includes(name))
  const events = sent.filter(({ isRepeat }) => !isRepeat)
  const told = events.flatMap(({ name, activity }) => (activity === null ? [] : [{ name, activity }]))
  return {
    taken: events.length,
    total: day.filter(({ isRepeat }) => !isRepeat).length,
    expected: expectedOf(told, project.id, integrations, workspace.targets),
    told: sentence(workspace, sent),
  }
}

function sentence({ title }: Workspace, sent: readonly Sending[]): string {
  const count = (is: (sending: Sending) => boolean): number => sent.filter(is).length
  const events = count(({ isRepeat }) => !isRepeat)
  const [twice, late] = [count(({ isRepeat }) => isRepeat), count(({ isLate }) => isLate)]
  const silent = count(({ activity, isRepeat }) => activity === null && !isRepeat)
  return `${title} has sent ${events} signed events: ${twice} of them twice, ${late} late, and ${silent} that tells nobody anything.`
}
