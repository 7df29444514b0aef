import { plan } from '../queue/plan.ts'
import { activitiesIn } from '../tracker/list.ts'
import { parseActivity } from '../tracker/parse.ts'
import { ParseError } from '../tracker/parse-error.ts'
import { CommandFailed } from './command-failed.ts'
import { bytesIn, type ConfigOptions, projectNamed, readConfig } from './environment.ts'
import { print } from './print.ts'

export async function explain(file: string, options: ConfigOptions & { project?: string }): Promise<void> {
  const config = await readConfig(options)
  const project = projectNamed(config, options.project ?? config.projects[0]?.id ?? '')
  const integrations = config.integrations.filter(({ name }) => project.integrations.includes(name))
  const body = bytesIn(file)
  const explained = (bytes: Buffer): object => {
    const activity = parseActivity(bytes)
    const deliveries = plan(activity, project.id, integrations).map(({ integration, effect, lanes }) => ({
      integration,
      effect,
      lanes,
    }))
    return { activity, deliveries }
  }
  try {
    print(JSON.stringify(activitiesIn(body)?.map(explained) ?? explained(body), null, 2))
  } catch (error) {
    if (error instanceof ParseError)
      throw new CommandFailed(`${file} would be refused (${error.reason}): ${error.message}`)
    throw error
  }
}
