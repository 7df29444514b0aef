import type { FoundTicket, JiraFilter } from '../../../src/stand-ins/jira-search.ts'
import { simplified } from '../../../src/stand-ins/jira-workflows.ts'
import { type JiraStandIn, relayUser, startJira } from '../../targets/jira.ts'
import { latestOf, type Place, type Variant } from '../variant.ts'

const ticket = { externalId: 'TEST-1', externalUrl: null }
const isWrite = ({ method, path }: { method: string; path: string }): boolean =>
  method === 'POST' && path.includes('/issue/')

function placeIn({ ticket: found }: JiraStandIn, now: () => Date): Place {
  const { comments, history } = found(ticket.externalId)
  return {
    written: () => comments.length + history.length,
    copies() {
      const model = latestOf(comments)
      const by = (author: string | null): string => {
        const id = String(100_000 + comments.length)
        comments.push({ ...model, author, id, created: now() })
        return id
      }
      return { ours: () => by(model.author), others: () => void by('human') }
    },
  }
}

const bug: FoundTicket = {
  id: '10001',
  key: 'HSP-1',
  fields: {
    summary: 'Shields fail at warp 9 <b>&amp;</b> 漢字',
    description: 'h2. Steps\r\n# go to warp 9\r\n# look at [~scotty]\r\n\r\n{code}shields = 0{code}',
    reporter: { name: 'kirk', key: 'JIRAUSER10100', displayName: 'James T. Kirk', active: true },
    created: '2021-01-17T12:34:00.000+0100',
    issuetype: { id: '1', name: 'Bug', subtask: false },
    customfield_10016: 3,
  },
}
const story: FoundTicket = {
  id: '10002',
  key: 'HSP-2',
  fields: {
    summary: 'Cloak',
    description: null,
    reporter: null,
    created: '2021-01-18T00:00:00.000+0000',
    issuetype: { id: '10001', name: 'Story', subtask: false },
    customfield_10016: null,
  },
}
const document = {
  type: 'doc',
  version: 1,
  content: [
    { type: 'heading', attrs: { level: 2 }, content: [{ type: 'text', text: 'Steps' }] },
    {
      type: 'paragraph',
      content: [
        { type: 'text', text: 'ask ' },
        { type: 'mention', attrs: { id: '5b10', text: '@Scotty' } },
      ],
    },
  ],
}

const fields = [
  { id: 'summary', name: 'Summary' },
  { id: 'customfield_10016', name: 'Story points' },
]

const filterOf = (finds: FoundTicket[]): JiraFilter => ({
  id: '10000',
  name: 'Open bugs',
  jql: 'project = HSP AND resolution is EMPTY ORDER BY rank',
  finds,
})

/** One ticket a page, so that the list has two. */
const onePageEach = { mostFound: 1, filters: [filterOf([bug, story])], fields }

export const variants: readonly Variant[] = [
  {
    name: 'jira-server',
    connector: 'jira',
    async start(now) {
      const standIn = await startJira({ now, filters: [filterOf([bug, story])] })
      standIn.add('TEST-1')
      const settings = { base_url: standIn.url, personal_access_token: 'NjUwMjE5MTk3NTY3Oq-pat', filter_id: 10000 }
      return { standIn, settings, ticket, isWrite, place: placeIn(standIn, now) }
    },
  },
  {
    name: 'jira-server-options',
    connector: 'jira',
    async start(now) {
      const standIn = await startJira({
        now,
        contextPath: '/jira',
        commentProperties: 'refused',
        ...onePageEach,
      })
      standIn.add('TEST-1', { status: '5' })
      return {
        standIn,
        ticket: { externalId: 'TEST-1', externalUrl: `${standIn.url}/jira/browse/TEST-1` },
        isWrite,
        place: placeIn(standIn, now),
        settings: {
          base_url: `${standIn.url}/jira/`,
          api_username: 'relay',
          api_password: 'correct horse',
          filter_id: 'https://jira.example.com/issues/?filter=10000',
          estimate_field: 'customfield_10016',
          comment_limit: 500,
          internal_comments: false,
          comment_visibility: { type: 'role', value: 'Developers' },
          resolution: "Won't Fix",
          states: {
            started: { transition: ['Reopen Issue', 'Start Progress'] },
            finished: { status: 'Closed' },
            delivered: { category: 'done' },
            accepted: { transition: 'Close Issue' },
            unscheduled: null,
          },
        },
      }
    },
  },
  {
    name: 'jira-cloud',
    connector: 'jira',
    async start(now) {
      const finds = [{ ...bug, fields: { ...bug.fields, description: document } }, story]
      const standIn = await startJira({ now, deployment: 'Cloud', workflow: simplified, filters: [filterOf(finds)] })
      standIn.add('TEST-1')
      const settings = { base_url: standIn.url, api_username: 'relay', api_password: 'correct horse', filter_id: 10000 }
      return { standIn, settings, ticket, isWrite, place: placeIn(standIn, now) }
    },
  },
  {
    name: 'jira-cloud-options',
    connector: 'jira',
    async start(now) {
      const users = [relayUser({ oauthToken: 'oauth-token' })]
      const standIn = await startJira({
        now,
        deployment: 'Cloud',
        cloudId: 'c1',
        workflow: simplified,
        users,
        ...onePageEach,
      })
      standIn.add('TEST-1', { status: '10002' })
      return {
        standIn,
        ticket,
        isWrite,
        place: placeIn(standIn, now),
        settings: {
          base_url: standIn.url,
          api_base_url: `${standIn.url}/ex/jira/c1`,
          oauth_token: 'oauth-token',
          filter_id: '10000',
          estimate_field: 'customfield_10016',
          comment_visibility: { type: 'group', value: 'jira-software-users' },
        },
      }
    },
  },
]
