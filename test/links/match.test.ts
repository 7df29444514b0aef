import t from 'tap'
import { placesOf, type TicketPlace } from '../../src/links/match.ts'
import type { LinkFacts } from '../../src/store/link-facts.ts'

function place(name: string, system: string, url: string | null, integrationId: string | null = null): TicketPlace {
  return { name, system, url, integrationId }
}

const jira = place('jira', 'jira', 'https://jira.example.com')
const other = place('other-jira', 'jira', 'https://jira.elsewhere.example/jira/')
const zendesk = place('zendesk', 'zendesk', 'https://enterprise.zendesk.com')
const named = place('named-jira', 'jira', 'https://jira.example.com', '33')

const ideas = { ...place('ideas', 'get_satisfaction', 'https://ideas.example.com'), importsOnly: true }

const cases: readonly (readonly [what: string, link: Partial<LinkFacts>, places: TicketPlace[], expected: string[]])[] =
  [
    ['an id that an integration has', { integrationId: '33' }, [jira, other, named], ['named-jira']],
    ['an id that none has, and nothing else', { integrationId: '34' }, [named, jira], []],
    ['an id that none has, past one with another id', { integrationId: '34', system: 'jira' }, [named, jira], ['jira']],
    ['an id that none has, and all have others', { integrationId: '34' }, [named], []],
    ['no id, to one with an id', { system: 'jira' }, [named], ['named-jira']],
    ['the system', { system: 'zendesk' }, [jira, zendesk], ['zendesk']],
    ['a system that the relay has not', { system: 'bugzilla' }, [jira, zendesk], []],
    ['nothing but a ticket, and one place', {}, [jira], ['jira']],
    ['nothing but a ticket, and several places', {}, [jira, zendesk], []],
    [
      'one of two of a system, by address',
      { system: 'jira', externalUrl: 'https://jira.example.com/browse/X-1' },
      [jira, other],
      ['jira'],
    ],
    [
      'the other one, with http, in capitals',
      { system: 'jira', externalUrl: 'http://JIRA.elsewhere.example/jira/browse/X-1' },
      [jira, other],
      ['other-jira'],
    ],
    ['two of a system, without an address', { system: 'jira' }, [jira, other], []],
    [
      'two of a system, at an address of neither',
      { system: 'jira', externalUrl: 'https://old.example.com/browse/X-1' },
      [jira, other],
      [],
    ],
    [
      'the only one of a system, on another host',
      { system: 'jira', externalUrl: 'https://old.example.com/browse/X-1' },
      [jira, zendesk],
      [],
    ],
    [
      'the only one of a system, on its host and elsewhere there',
      { system: 'jira', externalUrl: 'https://jira.elsewhere.example/browse/X-1' },
      [other, zendesk],
      ['other-jira'],
    ],
    [
      'the only one of a system, which tells no address',
      { system: 'jira', externalUrl: 'https://old.example.com/browse/X-1' },
      [place('somewhere', 'jira', null)],
      ['somewhere'],
    ],
    [
      'no system, an address',
      { externalUrl: 'https://enterprise.zendesk.com/agent/tickets/7' },
      [jira, zendesk],
      ['zendesk'],
    ],
    ['no system, an address of nobody', { externalUrl: 'https://bugs.example.com/7' }, [jira], []],
    ['what stands in the address is no address', { externalUrl: 'TEST-1' }, [jira], ['jira']],
    [
      'the "other" integration leads anywhere',
      { system: 'other', externalUrl: 'https://jira.example.com/browse/X-1' },
      [jira, zendesk],
      ['jira'],
    ],
    ['the "other" integration without an address', { system: 'other' }, [zendesk], ['zendesk']],
    ['the "other" integration by an id alone', { system: 'other', integrationId: '34' }, [zendesk], ['zendesk']],
    ['an id that none has, and one place', { integrationId: '34' }, [zendesk], ['zendesk']],
    ['an id that none has, and several places', { integrationId: '34' }, [zendesk, jira], []],
    ['an id that none has, and a source of stories besides', { integrationId: '34' }, [zendesk, ideas], []],
    [
      'an id that none has, at an address of nobody',
      { integrationId: '34', baseUrl: 'https://a.example' },
      [zendesk],
      [],
    ],
    ['nothing but a ticket, and a source of stories besides', {}, [zendesk, ideas], ['zendesk']],
    ['a source of stories by its address', { externalUrl: 'https://ideas.example.com/1' }, [zendesk, ideas], []],
    [
      "the address of Tracker's integration",
      { system: 'jira', baseUrl: 'https://jira.elsewhere.example/jira' },
      [jira, other],
      ['other-jira'],
    ],
    [
      'the same, where the relay has a longer one',
      { system: 'jira', baseUrl: 'https://jira.elsewhere.example' },
      [jira, other],
      ['other-jira'],
    ],
    [
      'the ticket is nearer to the longer one of two addresses',
      { system: 'jira', externalUrl: 'https://jira.example.com/b/browse/X-1' },
      [place('a', 'jira', 'https://jira.example.com'), place('b', 'jira', 'https://jira.example.com/b')],
      ['b'],
    ],
    [
      'a name that begins like another is another',
      { externalUrl: 'https://jira.example.com/backup/browse/X-1' },
      [place('b', 'jira', 'https://jira.example.com/b')],
      [],
    ],
    [
      'a port is part of the address',
      { system: 'jira', externalUrl: 'https://jira.example.com:8443/browse/X-1' },
      [jira, place('port', 'jira', 'https://jira.example.com:8443')],
      ['port'],
    ],
    [
      'Lighthouse writes the name of a project behind its number',
      { system: 'lighthouse', externalUrl: 'https://acme.lighthouseapp.com/projects/100-shields/tickets/43' },
      [
        place('ten', 'lighthouse', 'https://acme.lighthouseapp.com/projects/10'),
        place('hundred', 'lighthouse', 'https://acme.lighthouseapp.com/projects/100'),
      ],
      ['hundred'],
    ],
    [
      'two integrations with one target both have it',
      { system: 'jira' },
      [jira, place('again', 'jira', 'http://jira.example.com/'), zendesk],
      ['jira', 'again'],
    ],
  ]

for (const [what, link, places, expected] of cases)
  t.test(`${what}: ${expected.length === 0 ? 'nowhere' : expected.join(' and ')}`, async (t) => {
    const facts = { system: null, integrationId: null, externalUrl: null, baseUrl: null, ...link }
    t.strictSame(
      placesOf(facts, places).map(({ name }) => name),
      expected,
    )
  })
