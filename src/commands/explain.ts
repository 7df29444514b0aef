import { readFileSync } from 'node:fs'
import { plan } from '../queue/plan.ts'
import { parseActivity } from '../tracker/parse.ts'
import { ParseError } from '../tracker/parse-error.ts'
import { print, readConfig, UsageError } from './environment.ts'

/** `relay explain FILE`: what an activity would cause, without storing or sending anything. */
export function explain(file: string, options: { project?: string; config?: string }): void {
  const config = readConfig(options.config)
  const project =
    options.project === undefined ? config.projects[0] : config.projects.find(({ id }) => id === options.project)
  if (project === undefined) {
    const known = config.projects.map(({ id }) => id).join(', ')
    throw new UsageError(`there is no project "${options.project ?? ''}" in the config; there are: ${known}`)
  }
  const integrations = config.integrations.filter(({ name }) => project.integrations.includes(name))
  const body = bodyIn(file)
  try {
    const activity = parseActivity(body)
    const deliveries = plan(activity, project.id, integrations).map(({ integration, effect, lanes }) => ({
      integration,
      effect,
      lanes,
    }))
    print(JSON.stringify({ activity, deliveries }, null, 2))
  } catch (error) {
    if (error instanceof ParseError)
      throw new UsageError(`${file} would be refused (${error.reason}): ${error.message}`)
    throw error
  }
}

function bodyIn(file: string): Buffer {
  try {
    return readFileSync(file === '-' ? 0 : file)
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`)
  }
}
