import { visible } from '../observability/visible.ts'
import { type ConfigOptions, readConfig } from './environment.ts'
import { print } from './print.ts'

/**
 * `tracker-relay check`: checks the config, and then each integration against its target, without writing anything there.
 * @returns whether there are no errors
 */
export async function check(options: ConfigOptions & { offline?: boolean }): Promise<boolean> {
  const config = await readConfig(options)
  print(`config: ok (${count(config.projects.length, 'project')}, ${count(config.integrations.length, 'integration')})`)
  if (options.offline === true) return true
  const { checkIntegrations, checkTracker } = await import('./check-targets.ts')
  const { checkDatabase } = await import('./check-database.ts')
  const isStored = await checkDatabase(config)
  const findings = await checkIntegrations(config)
  let sound = (await checkTracker(config)) && isStored
  config.integrations.forEach(({ name, type }, index) => {
    for (const { level, setting, message } of findings[index] ?? []) {
      if (level === 'error') sound = false
      const where = setting === null ? name : `${name}.${setting}`
      print(`${where} (${type}): ${level === 'ok' ? 'ok' : level.toUpperCase()}: ${visible(message)}`)
    }
  })
  return sound
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`
}
