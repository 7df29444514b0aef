import { checkedBy, defineConnector } from '../contract/connector.ts'
import { publishedAnnouncements } from '../kit/announcements.ts'
import { hookSecrets, hookSession, hookUrlProblems } from '../kit/hook-room.ts'
import { roomTemplateProblems } from '../kit/room-template.ts'
import { bodyOf } from './message.ts'
import { EXAMPLE, Settings } from './settings.ts'

const NAMES = { slack: 'Slack', mattermost: 'Mattermost', rocketchat: 'Rocket.Chat' } as const

/** Slack says "ok" (as Mattermost does), Rocket.Chat {"success":true}, perhaps with what its script adds. */
const TAKEN = /^\s*ok\s*$|"success"\s*:\s*true/
/** docs.slack.dev, "Sending messages using incoming webhooks"; Mattermost's words are in server/channels/app/webhook.go. */
const GONE =
  /\b(no_service|no_team|no_active_hooks|invalid_token|team_disabled)\b|\bweb\.incoming_webhook\.(invalid|disabled|channel|permissions)\b/

export default defineConnector({
  name: 'slack',
  title: 'Slack, Mattermost and Rocket.Chat',
  settings: Settings,
  configure: checkedBy(
    ({ url, templates }) => [...hookUrlProblems(url, EXAMPLE), ...roomTemplateProblems(templates)],
    (settings) => ({
      secrets: hookSecrets(settings.url),
      notices: true,
      plan: (activity) => publishedAnnouncements(activity, settings),
      open: (tools) =>
        hookSession(
          {
            target: NAMES[settings.server],
            url: settings.url,
            body: (job) => bodyOf(job, settings),
            taken: (answer) => (TAKEN.test(answer.text()) ? { note: `answered ${answer.status}` } : null),
            isGone: (answer) => [403, 404, 410].includes(answer.status) || GONE.test(answer.text()),
          },
          tools,
        ),
    }),
  ),
})
