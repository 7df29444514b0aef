import { type LighthouseOptions, startLighthouse } from '../../../src/stand-ins/lighthouse.ts'
import { latestOf, type Target, type Variant } from '../variant.ts'

const TOKEN = '0123456789abcdef0123456789abcdef01234567'

async function start(options: LighthouseOptions, settings: object, state: string): Promise<Target> {
  const standIn = await startLighthouse({
    bins: [{ id: 48889, name: 'Open tickets', query: 'state:open', ticketsCount: 2 }],
    list: { wrapped: true },
    ...options,
  })
  standIn.addTicket({ number: 5, state, tag: 'engine "warp core"', milestone_id: 12, assigned_user_id: 2 })
  standIn.addTicket({ number: 6, state: 'open', title: 'Shields <b>&amp;</b> 漢字', body: 'h2. Steps\r\n\r\n@code@' })
  return {
    standIn,
    place: {
      written: () => standIn.ticket(5).versions.length,
      copies() {
        const { user_id, body } = latestOf(standIn.ticket(5).versions)
        const by = (userId: number) => standIn.edit(5, userId, body === null ? {} : { body })
        return {
          ours() {
            by(user_id)
            return null
          },
          others: () => by(2),
        }
      },
    },
    ticket: { externalId: '5', externalUrl: `${standIn.url}/projects/54448/tickets/5` },
    settings: { account: 'acme', base_url: standIn.url, token: TOKEN, request_interval_seconds: 0, ...settings },
  }
}

export const variants: readonly Variant[] = [
  {
    name: 'lighthouse',
    connector: 'lighthouse',
    start: (now) => start({ now }, { external_project_id: 54448, bin_id: 48889 }, 'new'),
  },
  {
    name: 'lighthouse-options',
    connector: 'lighthouse',
    start: (now) =>
      start(
        { now, putAnswer: 'ticket' },
        {
          external_project_id: 'https://acme.lighthouseapp.com/projects/54448/overview',
          bin_id: '48889',
          full_update: false,
          states: { unscheduled: 'hold', started: 'open', finished: '', delivered: 'hold', rejected: 'invalid' },
        },
        'resolved',
      ),
  },
]
