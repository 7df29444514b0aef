import t from 'tap'
import bugzilla from '../../src/connectors/bugzilla/index.ts'
import gitlab from '../../src/connectors/gitlab/index.ts'
import jira from '../../src/connectors/jira/index.ts'
import lighthouse from '../../src/connectors/lighthouse/index.ts'
import zendesk from '../../src/connectors/zendesk/index.ts'
import { configured } from '../harness.ts'

const KINDS = [
  [
    configured(jira, { base_url: 'https://acme.atlassian.net', api_username: 'a', api_password: 'b' }),
    {
      'https://acme.atlassian.net/browse/ENT-17': 'ENT-17',
      'https://acme.atlassian.net/browse/ent-17?x=1': 'ENT-17',
      'https://acme.atlassian.net/jira/software/c/projects/ENT/issues/ENT-17': 'ENT-17',
      'https://acme.atlassian.net/browse/ENT': null,
      'https://acme.atlassian.net/browse/ENT-17-old': null,
    },
  ],
  [
    configured(zendesk, { url: 'https://acme.zendesk.com', oauth_token: 'x' }),
    {
      'https://acme.zendesk.com/agent/tickets/25': '25',
      'https://acme.zendesk.com/hc/en-us/requests/25': '25',
      'https://acme.zendesk.com/agent/users/25': null,
    },
  ],
  [
    configured(lighthouse, {
      account: 'acme',
      token: '0123456789abcdef0123456789abcdef01234567',
      external_project_id: 7,
    }),
    {
      'https://acme.lighthouseapp.com/projects/7-shields/tickets/42-more-power': '42',
      'https://acme.lighthouseapp.com/projects/7/overview': null,
    },
  ],
  [
    configured(bugzilla, { url: 'https://bugs.example.com', api_key: 'x'.repeat(40) }),
    {
      'https://bugs.example.com/show_bug.cgi?id=1701': '1701',
      'https://bugs.example.com/show_bug.cgi?ctype=xml&id=1701#c3': '1701',
      'https://bugs.example.com/attachment.cgi?id=1701': null,
    },
  ],
  [
    configured(gitlab, { project: 'starfleet/enterprise', token: 'glpat-0123456789' }),
    {
      'https://gitlab.com/starfleet/enterprise/-/issues/12': '12',
      'https://gitlab.com/starfleet/enterprise/-/merge_requests/12': null,
    },
  ],
] as const

t.test('each ticket system recognises the addresses of its tickets', async (t) => {
  for (const [connector, addresses] of KINDS)
    for (const [url, ticket] of Object.entries(addresses)) t.equal(connector.ticketAt?.(url) ?? null, ticket, url)
})
