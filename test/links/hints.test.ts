import t from 'tap'
import { linkAt, linkInText, linkOfLabel } from '../../src/links/hints.ts'
import type { TicketPlace } from '../../src/links/match.ts'

const place = (name: string, system: string, url: string | null, more: Partial<TicketPlace> = {}): TicketPlace => ({
  ...{ name, system, integrationId: null, url },
  ticketAt: (address) => /\/browse\/([A-Z]+-\d+)/.exec(address)?.[1] ?? null,
  ...more,
})

const cloud = place('cloud', 'jira', 'https://acme.atlassian.net')
const server = place('server', 'jira', 'https://tools.example.com/jira', { integrationId: '7' })
const old = place('old', 'jira', 'https://old.example.com', { importsOnly: true })
const desk = place('desk', 'zendesk', 'https://acme.zendesk.com', {
  ticketAt: (address) => /\/tickets\/(\d+)/.exec(address)?.[1] ?? null,
})
const ALL = [cloud, server, old, desk]

t.test('an address is the ticket of the place that it is in, and of no other', async (t) => {
  const at = (url: string) => {
    const link = linkAt(url, ALL)
    return link === null ? null : `${link.system} ${link.integrationId} ${link.externalId}`
  }
  t.equal(at('https://acme.atlassian.net/browse/ENT-17'), 'jira null ENT-17')
  t.equal(at('https://acme.atlassian.net/browse/ENT-17?focusedId=1#x'), 'jira null ENT-17')
  t.equal(at('https://tools.example.com/jira/browse/ENT-17'), 'jira 7 ENT-17')
  t.equal(at('https://tools.example.com/jirafe/browse/ENT-17'), null, 'another folder')
  t.equal(at('https://acme.atlassian.net.evil.example/browse/ENT-17'), null)
  t.equal(at('https://old.example.com/browse/ENT-17'), null, 'nothing is written there')
  t.equal(at('https://acme.atlassian.net/projects/ENT'), null)
  t.equal(at('https://acme.zendesk.com/agent/tickets/25'), 'zendesk null 25')
  for (const odd of ['', 'browse/ENT-17', 'javascript:alert(1)', 'https://', 'https://%/browse/ENT-1'])
    t.equal(at(odd), null)
})

t.test('a label names an integration, or a system that only one integration has', async (t) => {
  t.match(linkOfLabel('cloud:ENT-17', ALL), { system: 'jira', externalId: 'ENT-17', externalUrl: cloud.url })
  t.match(linkOfLabel(' Server : ENT-17 ', ALL), { integrationId: '7', externalId: 'ENT-17' })
  t.equal(linkOfLabel('jira:ENT-17', ALL), null, 'which of the two?')
  t.match(linkOfLabel('jira:ENT-17', [cloud, desk]), { system: 'jira', externalId: 'ENT-17', externalUrl: null })
  t.match(linkOfLabel('zendesk:25', ALL), { system: 'zendesk', externalId: '25', externalUrl: null })
  for (const other of ['bug', 'old:ENT-1', 'priority: high', 'jira:', ':ENT-17', 'cloud:ENT 17'])
    t.equal(linkOfLabel(other, ALL), null)
})

t.test('a text counts if it leads to one ticket alone', async (t) => {
  const url = (key: string) => `https://acme.atlassian.net/browse/${key}`
  const found = (text: string) => linkInText(text, ALL)?.externalId ?? null
  t.equal(found(`Came from ${url('ENT-17')}.`), 'ENT-17')
  t.equal(found(`[the ticket](${url('ENT-17')}), and again <${url('ENT-17')}>`), 'ENT-17')
  t.equal(found(`${url('ENT-17')} blocks ${url('ENT-18')}`), null)
  t.equal(found(`See https://elsewhere.example/browse/ENT-1 and ${url('ENT-17')}`), 'ENT-17')
  t.equal(found('ENT-17 is no address'), null)
  t.equal(found(''), null)
})
