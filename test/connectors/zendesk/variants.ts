import {
  agent,
  apiToken,
  client,
  startZendesk,
  type ZendeskOptions,
  type ZendeskTicket,
} from '../../../src/stand-ins/zendesk.ts'
import { latestOf, type Target, type Variant } from '../variant.ts'

const TICKET = 35436
const createdAt = new Date('2009-07-20T22:55:29Z')

async function start(options: ZendeskOptions, settings: object, status: ZendeskTicket['status']): Promise<Target> {
  const standIn = await startZendesk({
    tickets: [
      { id: 35436, status, createdAt, description: 'It burns & smokes <b>', type: 'incident', requesterId: agent.id },
      { id: 12, subject: 'Drucker "brennt" 漢字', description: null, createdAt },
    ],
    views: [{ id: 25, title: 'Open bugs', tickets: [35436, 12] }],
    ...options,
  })
  return {
    standIn,
    place: {
      written: () => standIn.comments(TICKET).length,
      copies() {
        const { authorId, htmlBody } = latestOf(standIn.comments(TICKET))
        const html = htmlBody.replace(/^<div[^>]*>(.*)<\/div>$/s, '$1')
        return {
          ours: () => String(standIn.write(TICKET, authorId, html).id),
          others: () => void standIn.write(TICKET, 7, html),
        }
      },
    },
    ticket: { externalId: '35436', externalUrl: null },
    isWrite: ({ method }) => method === 'PUT',
    settings: { url: standIn.url, ...settings },
  }
}

export const variants: readonly Variant[] = [
  {
    name: 'zendesk',
    connector: 'zendesk',
    start: (now) =>
      start(
        { now },
        { oauth_client_id: client.identifier, oauth_client_secret: client.secret ?? '', view_id: 25 },
        'new',
      ),
  },
  {
    name: 'zendesk-options',
    connector: 'zendesk',
    start: (now) =>
      start(
        { now, apiTokens: [apiToken], views: [{ id: 25, title: 'Open bugs', tickets: [35436, 12], sideloads: false }] },
        { user_email: agent.email, api_token: apiToken, view_id: 'https://acme.zendesk.com/agent/filters/25' },
        'pending',
      ),
  },
]
