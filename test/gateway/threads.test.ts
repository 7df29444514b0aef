import t from 'tap'
import { startDiscord } from '../../src/stand-ins/discord.ts'
import { MATRIX_ROOM, MATRIX_TOKEN, startMatrix } from '../../src/stand-ins/matrix.ts'
import { headerNamed, startMailbox } from '../targets/smtp.ts'
import { startRelay } from './running-relay.ts'
import { changed, commented, created } from './tracker-says.ts'

t.test(
  'what is told of a story stands together in each room that has threads, in order, also after a lost answer',
  async (t) => {
    const [matrix, forum, mailbox] = await Promise.all([
      startMatrix(),
      startDiscord(),
      startMailbox({ security: 'none' }),
    ])
    for (const target of [matrix, forum, mailbox]) t.teardown(() => target.close())
    forum.state.isForum = true
    const retry = { schedule_seconds: [1, 1, 1], jitter: 0 }
    const breaker = { failures: 100 }
    const relay = await startRelay(t, {
      integrations: {
        matrix: { type: 'matrix', base_url: matrix.url, access_token: MATRIX_TOKEN, room: MATRIX_ROOM, retry, breaker },
        forum: { type: 'discord', url: forum.hook, threads: true, retry, breaker },
        mail: {
          ...{ type: 'email', host: '127.0.0.1', port: mailbox.port, security: 'none', retry, breaker },
          ...{ from: 'tracker@ship.example', to: ['crew@ship.example'] },
        },
      },
    })
    await relay.post(created(1, { story: '109', name: 'More power to shields' }))
    await relay.post(created(2, { story: '110', name: 'Cloak' }))
    await relay.allSettled(6)
    matrix.fault('lose the answer', { where: ({ method }) => method === 'PUT' })
    await relay.post(commented(3, { story: '109', text: 'Aye' }))
    await relay.post(changed(4, { story: '109', state: 'delivered' }))
    await relay.post(changed(5, { story: '110', state: 'accepted' }))
    const deliveries = await relay.allSettled(15)
    t.ok(deliveries.every(({ state }) => state === 'delivered'))

    const roots = new Map<unknown, string[]>()
    for (const { event_id, content } of matrix.events) {
      const relation = content['m.relates_to'] as { event_id: string } | undefined
      const root = relation?.event_id ?? event_id
      roots.set(root, [...(roots.get(root) ?? []), String(content.body).split(' ').slice(2, 3).join()])
    }
    // Of two stories either may be told first.
    t.strictSame(
      [...roots.values()].sort((one, other) => other.length - one.length),
      [
        ['added', 'commented', 'delivered'],
        ['added', 'accepted'],
      ],
    )

    t.strictSame([...forum.state.threads.values()].slice(1).sort(), ['#109 More power to shields', '#110 Cloak'])
    const threads = forum.messages.map(({ thread }) => thread)
    t.strictSame([new Set(threads).size, threads.length], [2, 5])

    const conversations = mailbox.mails.map(({ headers }) => headerNamed(headers, 'references'))
    t.strictSame([new Set(conversations).size, conversations.length], [2, 5])
  },
)
