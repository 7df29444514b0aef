import type { Config } from '../config/schema.ts'
import { secretsOf } from '../config/secrets.ts'
import type { Finding } from '../connectors/connector.ts'
import { openIntegration } from '../integrations.ts'
import { createLogger } from '../observability/logger.ts'
import { plain, print, readConfig, version } from './environment.ts'

/**
 * `relay check`: the config, and then each integration against its target; nothing is written anywhere.
 * @returns false when something is wrong
 */
export async function check(options: { config?: string; offline?: boolean }): Promise<boolean> {
  const config = readConfig(options.config)
  print(`config: ok (${count(config.projects.length, 'project')}, ${count(config.integrations.length, 'integration')})`)
  if (options.offline === true) return true
  const findings = await Promise.all(config.integrations.map((integration) => findingsOf(integration, config)))
  let sound = true
  config.integrations.forEach(({ name, type }, index) => {
    for (const { level, setting, message } of findings[index] ?? []) {
      if (level === 'error') sound = false
      const where = setting === null ? name : `${name}.${setting}`
      print(`${where} (${type}): ${level === 'ok' ? 'ok' : level.toUpperCase()}: ${plain(message)}`)
    }
  })
  return sound
}

async function findingsOf(integration: Config['integrations'][number], config: Config): Promise<readonly Finding[]> {
  const opened = openIntegration(integration, {
    log: createLogger('silent'),
    version: version(),
    now: Date.now,
    random: Math.random,
    secrets: secretsOf(config),
  })
  try {
    const findings = await opened.session.check?.()
    return (findings ?? [{ level: 'ok', setting: null, message: 'nothing to try' }]).map((finding) => ({
      ...finding,
      message: opened.redact(finding.message),
    }))
  } catch (error) {
    const message = opened.redact(error instanceof Error ? error.message : String(error))
    return [{ level: 'error', setting: null, message }]
  } finally {
    await opened.close()
  }
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`
}
