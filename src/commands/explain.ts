import type { Config } from '../config/schema.ts'
import type { Effect } from '../connectors/contract/effect.ts'
import { journalProject } from '../gateway/projects.ts'
import { completed } from '../queue/completed.ts'
import { isIgnored, type Project } from '../queue/journal.ts'
import { withoutOwn } from '../queue/own-writes.ts'
import { consider } from '../queue/plan.ts'
import { whyOf } from '../queue/why.ts'
import { NO_DIRECTORY } from '../sources/contract/source.ts'
import type { Activity } from '../tracker/activity.ts'
import { conditionOf } from '../tracker/filter.ts'
import { ParseError } from '../tracker/parse-error.ts'
import { CommandFailed } from './command-failed.ts'
import { effectLine } from './effect-line.ts'
import { bytesIn, type ConfigOptions, projectNamed, readConfig } from './environment.ts'
import { explainSource } from './explain-source.ts'
import { headersIn } from './given-headers.ts'
import { print } from './print.ts'
import { type Field, record } from './terminal/record.ts'
import { type Screen, screenFor } from './terminal/screen.ts'
import { printPainted } from './terminal/show.ts'

export async function explain(
  file: string,
  options: ConfigOptions & {
    readonly project?: string
    readonly source?: string
    readonly json?: boolean
    readonly header?: readonly string[]
  },
): Promise<void> {
  const config = await readConfig(options)
  if (options.source !== undefined) {
    const { source } = journalProject(config, projectNamed(config, options.source))
    return await explainSource(source, { headers: headersIn(options.header ?? []), body: bytesIn(file) }, file)
  }
  const project = journalProject(config, projectNamed(config, options.project ?? config.projects[0]?.id ?? ''))
  const body = bytesIn(file)
  const screen = screenFor(options)
  try {
    const bodies = project.source.split?.(body) ?? null
    const activities: Activity[] = []
    for (const bytes of bodies ?? [body])
      activities.push(...(await activitiesOf(project, bytes, options.header ?? [], file)))
    if (screen !== null) {
      const shown = await Promise.all(activities.map(shownOn(screen, config, project)))
      return printPainted(shown.flat())
    }
    const explained = activities.map((activity) => explainedTo(project, activity))
    print(JSON.stringify(bodies === null && explained.length === 1 ? explained[0] : explained, null, 2))
  } catch (error) {
    if (error instanceof ParseError)
      throw new CommandFailed(`${file} would be refused (${error.reason}): ${error.message}`)
    throw error
  }
}

/** As the hook reads them, without the tool's API and what the relay remembers of the stories. */
async function activitiesOf(
  project: Project,
  body: Buffer,
  given: readonly string[],
  file: string,
): Promise<readonly Activity[]> {
  const headers = headersIn(given)
  const reading = await project.source.read({ headers, body }, NO_DIRECTORY)
  if ('refused' in reading)
    throw new CommandFailed(`${file} would be refused (${reading.refused.reason}): ${reading.refused.message}`)
  const told = project.source.rereads === true ? reading : withoutOwn(reading)
  if ('ignored' in told) throw new CommandFailed(`${file} would be ignored (${told.ignored}): ${told.detail}`)
  return told.activities.map((each) => completed(each, new Map(), project.places?.() ?? []).activity)
}

function explainedTo(project: Project, activity: Activity): object {
  const considered = isIgnored(project, activity)
    ? []
    : project.integrations.flatMap((each) => consider(activity, project.id, each))
  const deliveries = considered.flatMap(({ planned: { integration, effect, lanes, onlyIf }, leftOut }) =>
    leftOut === null
      ? [{ integration, effect, lanes, ...(onlyIf === undefined ? {} : { only_if: conditionOf(onlyIf) }) }]
      : [],
  )
  const leftOut = considered.flatMap(({ planned: { integration, effect }, leftOut: why }) =>
    why === null ? [] : [{ integration, effect, why }],
  )
  return { activity, deliveries, ...(leftOut.length === 0 ? {} : { left_out: leftOut }) }
}

/** A blank line between two activities. */
function shownOn(
  screen: Screen,
  config: Config,
  project: Project,
): (activity: Activity, at: number) => Promise<string[]> {
  return async (activity, at) => [
    ...(at === 0 ? [] : ['']),
    ...(await record(fieldsOf(activity, config, project), screen)),
  ]
}

function fieldsOf(activity: Activity, { integrations }: Config, project: Project): readonly Field[] {
  const stories = activity.stories.map(({ id, name }) => (name === null ? `#${id}` : `#${id} ${name}`))
  const known = { project, projectId: project.id, integrations, deliveries: [], before: null }
  return [
    { name: 'what happened', value: activity.description },
    { name: 'kind', value: activity.kind },
    { name: 'author', value: activity.author },
    { name: 'project', value: project.id },
    { name: 'stories', value: stories.length === 0 ? null : stories.join('\n') },
    { name: 'happened', value: activity.occurredAt },
    ...whyOf(activity, known).map(({ integration, effects, conditions, whyNot, why }) => ({
      name: integration,
      value: effects.length === 0 ? why : [...effects.map(lineWith(conditions)), ...notMore(whyNot)].join('\n'),
    })),
  ]
}

/** The file is all that is known here; a relay remembers what it was told of a story before. */
function lineWith(conditions: readonly (string | null)[] = []): (effect: Effect, at: number) => string {
  return (effect, at) => {
    const condition = conditions[at] ?? null
    return condition === null
      ? effectLine(effect)
      : `${effectLine(effect)}, if what the relay was told of the story before says that ${condition}`
  }
}

const notMore = (whyNot: string): string[] => (whyNot === '' ? [] : [`Not more, since ${whyNot}.`])
