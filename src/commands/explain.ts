import type { Config } from '../config/schema.ts'
import type { Effect } from '../connectors/contract/effect.ts'
import { journalProject } from '../gateway/projects.ts'
import { isIgnored, type Project } from '../queue/journal.ts'
import { consider } from '../queue/plan.ts'
import { whyOf } from '../queue/why.ts'
import type { Activity } from '../tracker/activity.ts'
import { conditionOf } from '../tracker/filter.ts'
import { activitiesIn } from '../tracker/list.ts'
import { parseActivity } from '../tracker/parse.ts'
import { ParseError } from '../tracker/parse-error.ts'
import { CommandFailed } from './command-failed.ts'
import { effectLine } from './effect-line.ts'
import { bytesIn, type ConfigOptions, projectNamed, readConfig } from './environment.ts'
import { print } from './print.ts'
import { type Field, record } from './terminal/record.ts'
import { type Screen, screenFor } from './terminal/screen.ts'
import { printPainted } from './terminal/show.ts'

export async function explain(
  file: string,
  options: ConfigOptions & { readonly project?: string; readonly json?: boolean },
): Promise<void> {
  const config = await readConfig(options)
  const project = journalProject(config, projectNamed(config, options.project ?? config.projects[0]?.id ?? ''))
  const body = bytesIn(file)
  const screen = screenFor(options)
  try {
    const bodies = activitiesIn(body)
    const activities = (bodies ?? [body]).map((bytes) => parseActivity(bytes))
    if (screen !== null) {
      const shown = await Promise.all(activities.map(shownOn(screen, config, project)))
      return printPainted(shown.flat())
    }
    const explained = activities.map((activity) => explainedTo(project, activity))
    print(JSON.stringify(bodies === null ? explained[0] : explained, null, 2))
  } catch (error) {
    if (error instanceof ParseError)
      throw new CommandFailed(`${file} would be refused (${error.reason}): ${error.message}`)
    throw error
  }
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
