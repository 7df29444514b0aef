import { startDiscord } from '../../stand-ins/discord.ts'
import { MATRIX_ROOM, MATRIX_TOKEN, startMatrix } from '../../stand-ins/matrix.ts'
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
  {
    name: 'matrix',
    title: 'Matrix',
    async start() {
      const standIn = await startMatrix()
      return {
        standIn,
        settings: { type: 'matrix', base_url: standIn.url, access_token: MATRIX_TOKEN, room: MATRIX_ROOM },
        received: () => standIn.events.map(({ content }) => said('Matrix', String(content.body))),
      }
    },
    stumble({ standIn }) {
      standIn.fault('lose the answer', { where: ({ method }) => method === 'PUT' })
      return 'takes the first message and loses the answer'
    },
    troubles: { found: 1 },
  },
]

/** A message in a room tells its story by the link in it. */
export function said(place: string, text: string): Received {
  const [, story = ''] = /\/story\/show\/(\d+)/.exec(text) ?? []
  return { key: null, place, subject: `#${story}`, text }
}
