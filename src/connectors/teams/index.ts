import type { Response } from '../../http/send.ts'
import { checkedBy, defineConnector } from '../contract/connector.ts'
import { publishedAnnouncements } from '../kit/announcements.ts'
import { hookSecrets, hookSession, hookUrlProblems } from '../kit/hook-room.ts'
import { roomTemplateProblems } from '../kit/room-template.ts'
import { bodyOf } from './message.ts'
import { EXAMPLE, Settings } from './settings.ts'

/** Error codes of the workflow service (learn.microsoft.com/rest/api/logic, "error codes"). */
const GONE = /\b(Workflow(Trigger)?\w*(NotFound|NotEnabled|Disabled)|DirectApi\w+|AuthorizationFailed)\b/

export default defineConnector({
  name: 'teams',
  title: 'Microsoft Teams',
  settings: Settings,
  configure: checkedBy(
    ({ url, templates }) => [...hookUrlProblems(url, EXAMPLE), ...roomTemplateProblems(templates)],
    (settings) => ({
      secrets: hookSecrets(settings.url),
      notices: true,
      plan: (activity) => publishedAnnouncements(activity, settings),
      open: (tools) =>
        hookSession(
          { target: 'Teams', url: settings.url, body: (job) => bodyOf(job, settings.templates), taken, isGone },
          tools,
        ),
    }),
  ),
})

/** The workflow has begun; whether its card is shown, nobody says. With a step that answers it says 200 at its end. */
function taken({ status, headers }: Response) {
  const run = headers['x-ms-workflow-run-id']
  if (status !== 202 && run === undefined) return null
  return { note: `answered ${status}: the workflow has it${run === undefined ? '' : ` (run ${run.slice(0, 100)})`}` }
}

function isGone(answer: Response): boolean {
  return [401, 403, 404, 410].includes(answer.status) || (answer.status === 400 && GONE.test(answer.text()))
}
