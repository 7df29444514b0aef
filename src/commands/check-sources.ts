import { setTimeout } from 'node:timers/promises'
import type { Config } from '../config/schema.ts'
import { secretsOfSource } from '../config/secrets.ts'
import { openSourceSessions } from '../gateway/source-sessions.ts'
import { createRedactor } from '../http/redact.ts'
import { version } from './config-path.ts'
import type { Report } from './report.ts'

/** Tries the token of each project's tool, and tells what its states mean here; writes nothing. */
export async function checkSources(config: Config, report: Report): Promise<void> {
  const sessions = openSourceSessions(config, {
    version: version(),
    now: Date.now,
    steady: () => performance.now(),
    pause: (ms, signal) => setTimeout(ms, undefined, { ref: false, ...(signal === undefined ? {} : { signal }) }),
  })
  try {
    for (const { id, source } of config.projects) {
      if (source === undefined) continue
      const redact = createRedactor(secretsOfSource(source))
      const tell = (level: 'ok' | 'warning' | 'error', setting: string | null, message: string): void =>
        report.tell({
          subject: `project ${id}`,
          setting: setting === null ? 'source' : `source.${setting}`,
          level,
          message: redact(message),
        })
      for (const { level, setting, message } of source.configured.warnings ?? []) tell(level, setting, message)
      for (const { level, setting, message } of (await source.configured.check?.()) ?? []) tell(level, setting, message)
      const session = sessions.of(id)
      if (session === null) {
        // What is tried without an API has none that could be asked.
        if (source.configured.check === undefined)
          tell('ok', null, `${source.source.title}: its API is not asked, since there is no token`)
        continue
      }
      try {
        for (const { level, setting, message } of await session.check()) tell(level, setting, message)
      } catch (error) {
        tell('error', 'token', error instanceof Error ? error.message : String(error))
      }
    }
  } finally {
    await sessions.close()
  }
}
