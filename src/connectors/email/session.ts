import type { Finding, Session, Tools } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { ok, warning } from '../kit/finding.ts'
import { oneLine } from '../kit/one-line.ts'
import { findingOf } from '../kit/setting-error.ts'
import { createDeferred } from './deferred.ts'
import { digestMail } from './digest.ts'
import { mailOf } from './message.ts'
import { portOf, type Settings } from './settings.ts'
import { createSmtp, type Smtp } from './smtp.ts'

const LONGEST_MS = 60_000

/** A mailbox cannot be asked over SMTP: a repeat has the same Message-ID, by which many servers recognise it. */
export function openSession(settings: Settings, tools: Tools): Session {
  const { wire, timeoutMs = LONGEST_MS } = tools
  if (wire === undefined) return {}
  const smtp = createSmtp(settings, wire, timeoutMs)
  const deferred = createDeferred()

  return {
    async perform(job) {
      const { digest } = job
      const mail =
        digest === undefined
          ? mailOf(job, settings, tools.integration, tools.now())
          : digestMail({ key: job.key, digest }, settings, tools.now())
      const begun = deferred.begun(job.key)
      const answer = await smtp.send(mail, begun?.waiting ?? null)
      const { response } = answer
      if (deferred.wait(job.key, answer, tools.now().getTime())) {
        const who = answer.deferred.join(', ')
        const why = oneLine(answer.why)
        const message = `the mail server ${settings.host} takes no mail for ${who} for now (${why}); the others have it`
        throw new DeliveryError('retry', message)
      }
      const rejected = [...(begun?.refused ?? []), ...answer.rejected]
      const refused = rejected.length === 0 ? '' : `, but not for ${rejected.join(', ')}`
      const all = digest === undefined || digest.length === 1 ? '' : `${digest.length} activities in one mail: `
      return { id: mail.messageId, note: `${all}${response.slice(0, 200)}${refused}` }
    },
    confirm: async () => 'cannot tell',
    check: async () => await checkServer(settings, smtp),
  }
}

async function checkServer(settings: Settings, smtp: Smtp): Promise<Finding[]> {
  const { host, user, security, from, to } = settings
  try {
    await smtp.verify()
    const as = user === undefined ? 'without a login' : `as ${user}`
    const message = `${host}:${portOf(settings)} lets the relay in ${as}; mails go from ${from} to ${to.join(', ')}`
    const plain =
      security === 'none' ? [warning('security', 'mails can be read by everyone on the way to the server')] : []
    return [ok('host', message), ...plain]
  } catch (error) {
    return [findingOf(error, 'host')]
  }
}
