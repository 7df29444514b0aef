import { startDiscord } from '../../stand-ins/discord.ts'
import { startSlack } from '../../stand-ins/slack.ts'
import { startTeams } from '../../stand-ins/teams.ts'
import type { Received, Target } from './target.ts'

/** The rooms of today's teams. */
export const ROOM_TARGETS: readonly Target[] = [
  {
    name: 'slack',
    title: 'Slack',
    async start() {
      const standIn = await startSlack()
      return {
        standIn,
        settings: { type: 'slack', url: standIn.hook },
        received: () => standIn.messages.map(({ shown }) => said('Slack', shown)),
      }
    },
    stumble({ standIn }) {
      const limited = {
        status: 429,
        headers: { 'retry-after': '1', 'content-type': 'text/html' },
        body: 'rate_limited',
      }
      standIn.fault(limited, { where: ({ method }) => method === 'POST' })
      return 'asks for a pause at the first message'
    },
    troubles: { held: 1 },
  },
  {
    name: 'teams',
    title: 'Microsoft Teams',
    async start() {
      const standIn = await startTeams()
      return {
        standIn,
        settings: { type: 'teams', url: standIn.hook },
        received: () => standIn.messages.map(({ shown }) => said('Teams', shown)),
      }
    },
  },
  {
    name: 'discord',
    title: 'Discord',
    async start() {
      const standIn = await startDiscord()
      return {
        standIn,
        settings: { type: 'discord', url: standIn.hook },
        received: () => standIn.messages.map(({ shown }) => said('Discord', shown)),
      }
    },
  },
]

/** A message in a room tells its story by the link in it. */
export function said(place: string, text: string): Received {
  const [, story = ''] = /\/story\/show\/(\d+)/.exec(text) ?? []
  return { key: null, place, subject: `#${story}`, text }
}
