import { type BugzillaOptions, bug, startBugzilla } from '../../../src/stand-ins/bugzilla.ts'
import { latestOf, type Target, type Variant } from '../variant.ts'

const byPassword = { username: 'relay@relay.test', password: 'Relay-Passw0rd1' }
const mapped = {
  username: 'insider@relay.test',
  api_key: 'Kq3vInsiderKey',
  comments_private: true,
  product: 'Relay Product',
  component: 'Backend',
  excluded_statuses: ['VERIFIED'],
  map_status: {
    started: { status: 'IN_PROGRESS' },
    accepted: { status: 'RESOLVED', resolution: 'FIXED' },
    rejected: { status: 'CONFIRMED' },
  },
}

async function start(options: BugzillaOptions, settings: object): Promise<Target> {
  // Before 4.0 no bug was confirmed: it was new.
  const status = options.version?.startsWith('3.') === true ? 'NEW' : 'CONFIRMED'
  const said = (id: number, text: string) => ({
    id,
    text,
    author: 'insider@relay.test',
    time: new Date('2026-11-23T23:19:33Z'),
    isPrivate: false,
  })
  const standIn = await startBugzilla({
    bugs: [
      bug(7, { status, comments: [said(1, 'what it is about')] }),
      bug(8, {
        status,
        summary: 'Shields <b>&amp;</b> 漢字',
        severity: 'enhancement',
        comments: [said(2, 'cloak & <b>')],
      }),
    ],
    ...options,
  })
  return {
    standIn,
    place: {
      written: () => standIn.comments(7).length,
      copies() {
        const { author, text, isPrivate } = latestOf(standIn.comments(7))
        const by = (author: string) => String(standIn.say(7, { author, text, isPrivate }).id)
        return { ours: () => by(author), others: () => void by('plain@relay.test') }
      },
    },
    ticket: { externalId: '7', externalUrl: null },
    isWrite: ({ method, path, body }) =>
      path === '/xmlrpc.cgi' ? /Bug\.(add_comment|update)</.test(body.toString()) : method !== 'GET',
    settings: { url: standIn.url, ...settings },
  }
}

export const variants: readonly Variant[] = [
  {
    name: 'bugzilla-xml-rpc',
    connector: 'bugzilla',
    start: (now) => start({ now }, byPassword),
  },
  {
    name: 'bugzilla-xml-rpc-3.4',
    connector: 'bugzilla',
    start: (now) => start({ now, version: '3.4', zone: -8 }, byPassword),
  },
  {
    name: 'bugzilla-xml-rpc-options',
    connector: 'bugzilla',
    start: (now) => start({ now, version: '5.0', insiderGroup: 'insiders' }, mapped),
  },
  {
    name: 'bugzilla-rest',
    connector: 'bugzilla',
    start: (now) => start({ now, version: '5.3' }, byPassword),
  },
  {
    name: 'bugzilla-rest-options',
    connector: 'bugzilla',
    start: (now) => start({ now, version: 'harmony', insiderGroup: 'insiders' }, mapped),
  },
]
