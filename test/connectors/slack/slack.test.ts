import fc from 'fast-check'
import type { Test } from 'tap'
import t from 'tap'
import slack from '../../../src/connectors/slack/index.ts'
import { type SlackServer, startSlack } from '../../../src/stand-ins/slack.ts'
import type { Answer } from '../../../src/stand-ins/stand-in.ts'
import { announcing, configured, failureSeen, jobFor, openSession, problemsOf } from '../../harness.ts'
import { hostileJob, LONG_TEXTS, noticing, OWN_WORDS, RUNS } from '../rooms.ts'

const SERVERS: readonly SlackServer[] = ['slack', 'mattermost', 'rocketchat']
const CASES = SERVERS.flatMap((server) => [{}, OWN_WORDS].map((templates) => [server, templates] as const))
const link = 'https://www.pivotaltracker.com/story/show/109'

async function opened(t: Test, server: SlackServer = 'slack', templates: object = {}) {
  const target = await startSlack({ server })
  t.teardown(() => target.close())
  const { session, close } = openSession(slack, { url: target.hook, server, templates }, { timeoutMs: 10_000 })
  t.teardown(close)
  const { perform, check } = session
  if (perform === undefined || check === undefined) throw new Error('a function is missing')
  return { target, perform, check }
}

t.test('each server is told who did what with which story, with the comment as a quotation', async (t) => {
  const job = () =>
    announcing({ what: 'rejected', author: 'Spock', text: 'Only **110** %.\n\n- low\n- `hums`', markup: 'markdown' })
  const { target, perform } = await opened(t)
  await perform(job())
  t.strictSame(target.messages[0]?.body, {
    text: 'Spock rejected "More power to shields":\nOnly **110** %.\n\n- low\n- `hums`',
    blocks: [
      {
        type: 'rich_text',
        elements: [
          {
            type: 'rich_text_section',
            elements: [
              { type: 'text', text: 'Spock rejected "' },
              { type: 'link', text: 'More power to shields', url: link },
              { type: 'text', text: '"' },
            ],
          },
          {
            type: 'rich_text_quote',
            elements: [
              { type: 'text', text: 'Only ' },
              { type: 'text', text: '110', style: { bold: true } },
              { type: 'text', text: ' %.' },
            ],
          },
          ...[{ text: 'low' }, { text: 'hums', style: { code: true } }].map((each) => ({
            ...{ type: 'rich_text_list', style: 'bullet', indent: 0, border: 1 },
            elements: [{ type: 'rich_text_section', elements: [{ type: 'text', ...each }] }],
          })),
        ],
      },
    ],
  })
  for (const server of ['mattermost', 'rocketchat'] as const) {
    const { target, perform } = await opened(t, server)
    await perform(job())
    t.strictSame(target.messages[0]?.body, {
      text: `Spock rejected "[More power to shields](${link})"\n\n> Only **110** %.\n>\n> - low\n> - \`hums\``,
    })
  }
})

t.test('an inner list goes further in, and the numbers of the outer one go on after it', async (t) => {
  const { target, perform } = await opened(t)
  await perform(announcing({ text: '3. one\n   - in\n4. two\n\n---\n\n> said\n\n```\nx <y>\n```', markup: 'markdown' }))
  const [block] = (target.messages[0]?.body.blocks ?? []) as { elements: object[] }[]
  t.match(block?.elements.slice(1), [
    { style: 'ordered', indent: 0, offset: 2 },
    { style: 'bullet', indent: 1 },
    { style: 'ordered', indent: 0, offset: 3 },
    { type: 'rich_text_quote', elements: [{ text: '───' }] },
    { type: 'rich_text_quote', elements: [{ text: 'said' }] },
    { type: 'rich_text_preformatted', elements: [{ text: 'x <y>' }] },
  ])
})

t.test('whatever stands in a story or comment, nobody is called and the server takes it', async (t) => {
  for (const [server, templates] of CASES) {
    const { target, perform } = await opened(t, server, templates)
    const callsNobody = fc.asyncProperty(hostileJob, async (job) => {
      await perform(job)
      const { calls, shown, body } = target.messages.at(-1) ?? { calls: ['?'], shown: '', body: {} }
      const links = JSON.stringify(body).match(/"url":"https:\/\/evil/g) ?? []
      const isMeant = job.effect.kind === 'announce' && job.effect.markup === 'markdown'
      return calls.length === 0 && shown.includes(link) && (links.length === 0 || isMeant)
    })
    await t.resolves(fc.assert(callsNobody, RUNS), server)
  }
})

t.test('a link that stands behind an exclamation mark does not become an image', async (t) => {
  for (const server of ['mattermost', 'rocketchat'] as const) {
    const { target, perform } = await opened(t, server)
    await perform(announcing({ text: '\\![look](https://evil.example/x.png)', markup: 'markdown' }))
    const said = String(target.messages[0]?.body.text)
    t.ok(said.includes('[look](https://evil.example/x.png)'))
    t.notOk(said.includes('![look]'), said)
  }
})

t.test('what is long is cut, and taken', async (t) => {
  for (const [server, templates] of CASES) {
    const { target, perform } = await opened(t, server, templates)
    for (const text of LONG_TEXTS)
      for (const markup of [{}, { markup: 'markdown' } as const])
        await perform(announcing({ what: 'commented', author: text, text, ...markup }, { story: { name: text } }))
    t.equal(target.messages.length, 2 * LONG_TEXTS.length, server)
    t.ok(target.messages.every(({ shown }) => shown.includes('…')))
  }
})

t.test('a notice to the operators is a list, and an effect that is none of its own is given up', async (t) => {
  const { target, perform } = await opened(t)
  await perform(noticing())
  t.equal(target.messages[0]?.shown, 'Tracker Relay:\njira is held since 06:00\nall is well with <!channel> again')
  t.strictSame(target.messages[0]?.calls, [])
  t.match(await failureSeen(perform(jobFor({ kind: 'forward' }))), { verdict: 'dead' })
})

t.test('what a server refuses is sorted by who can mend it, and the address is never told', async (t) => {
  const invalid = '{"id":"web.incoming_webhook.invalid.app_error","message":"Invalid webhook.","status_code":400}'
  const cases: [SlackServer, Answer, string, RegExp, number | null][] = [
    ['slack', { status: 404, body: 'no_service' }, 'pause', /404: no_service; make a new web hook, set its url/, null],
    ['slack', { status: 403, body: 'action_prohibited' }, 'pause', /action_prohibited/, null],
    ['slack', { status: 410, body: 'channel_is_archived' }, 'pause', /channel_is_archived/, null],
    ['slack', { status: 400, body: 'no_team' }, 'pause', /no_team/, null],
    ['slack', { status: 400, body: 'invalid_blocks' }, 'dead', /invalid_blocks/, null],
    ['slack', { status: 429, headers: { 'retry-after': '7' }, body: 'rate_limited' }, 'hold', /rate limit/, 7000],
    ['slack', { status: 500, body: 'rollup_error' }, 'in doubt', /rollup_error/, null],
    ['slack', { status: 302, headers: { location: 'https://slack.com' } }, 'hold', /redirect/, null],
    ['slack', { status: 200, body: '<!DOCTYPE html>' }, 'in doubt', /not as Slack does/, null],
    ['mattermost', { status: 400, body: invalid }, 'pause', /Invalid webhook/, null],
    ['mattermost', { status: 400, body: '{"id":"web.x","message":"No text"}' }, 'dead', /No text/, null],
    [
      'rocketchat',
      { status: 404, body: '{"success":false,"error":"Invalid integration id"}' },
      'pause',
      /Invalid/,
      null,
    ],
    ['rocketchat', { status: 400, body: '{"success":false,"error":"too long"}' }, 'dead', /too long/, null],
    ['rocketchat', { status: 200, body: '{"success":false}' }, 'in doubt', /not as Rocket.Chat does/, null],
  ]
  for (const [server, answer, verdict, message, retryAfterMs] of cases) {
    const { target, perform } = await opened(t, server)
    target.fault(answer, { where: ({ method }) => method === 'POST' })
    const found = await failureSeen(perform(announcing()))
    t.match(found, { verdict, message }, JSON.stringify(answer))
    t.equal(found.retryAfterMs, retryAfterMs, JSON.stringify(answer))
    t.notOk(found.message.includes(target.hook.slice(-20)))
  }
})

t.test('a web hook that was deleted pauses the integration, at each server', async (t) => {
  for (const server of SERVERS) {
    const { target, perform } = await opened(t, server)
    target.state.trouble = 'no_service'
    t.match(await failureSeen(perform(announcing())), { verdict: 'pause' }, server)
    t.equal(target.messages.length, 0)
  }
})

t.test('the check asks whether the server is there, and says that more cannot be asked', async (t) => {
  const { target, check } = await opened(t)
  t.match(await check(), [
    { level: 'ok', setting: 'url', message: /can be reached; Slack cannot be asked whose web hook this is/ },
    { level: 'warning', setting: 'url', message: /use https/ },
  ])
  t.strictSame(
    target.requests.map(({ method, target }) => `${method} ${target}`),
    ['HEAD /'],
  )
  target.down('reset')
  t.match((await check())[0], { level: 'error', setting: 'url' })
})

t.test('an address that is no web hook is a problem of the config; the keys in one are secrets', async (t) => {
  for (const url of ['room', 'ftp://chat.example/hooks/x', 'https://kirk:x@chat.example/hooks/x'])
    t.match(problemsOf(slack, { url }), [{ setting: 'url', problem: /whole address of the web hook/ }], url)
  const url = 'https://hooks.slack.com/services/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'
  t.strictSame(configured(slack, { url }).secrets, ['XhW3pLq9ZtY1aVb8NcR5dEgK'])
})
