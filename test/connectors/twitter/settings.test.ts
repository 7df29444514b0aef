import t from 'tap'
import { examine } from '../../../src/connectors/twitter/settings.ts'
import { clockAt, filled, opened, sessionOn, unconnected } from './opened.ts'

const app = { consumer_key: 'key', consumer_secret: 'secret' }

t.test('one way to sign in is needed, whole', async (t) => {
  const cases: [object, string | null][] = [
    [app, null],
    [{ ...app, access_token: 'a', access_token_secret: 'b' }, null],
    [{ client_id: 'c' }, null],
    [{ client_id: 'c', client_secret: 's' }, null],
    [{}, 'consumer_key'],
    [{ consumer_key: 'key' }, 'consumer_secret'],
    [{ ...app, access_token: 'a' }, 'access_token_secret'],
    [{ ...app, access_token_secret: 'a' }, 'access_token'],
    [{ ...app, client_id: 'c' }, 'client_id'],
    [{ ...app, client_secret: 'c' }, 'client_secret'],
    [{ client_id: 'c', access_token: 'a' }, 'access_token'],
    [{ client_id: 'c', consumer_secret: 'a' }, 'consumer_secret'],
  ]
  for (const [settings, setting] of cases)
    t.strictSame(
      examine(filled(settings)).map((each) => each.setting),
      setting === null ? [] : [setting],
      JSON.stringify(settings),
    )
})

t.test('a template is tried before anything is sent', async (t) => {
  const cases: [string, RegExp | null][] = [
    ['{author} {what} {story}[: "{text}"][ {link}]', null],
    ['🎉 {story} is done, thanks to {author}!', null],
    ['{story}\n{text}', null],
    ['{stroy} is done', /unknown placeholder \{stroy\}; there are \{author\}, \{what\}, \{story\}, \{text\}, \{link\}/],
    ['{story is done', /stands alone/],
    ['{story} is done}', /stands alone/],
    ['{story}[ {link}', /not closed/],
    ['{story} {link}]', /closes no/],
    ['{story}[ [{text}]]', /within another/],
    ['{story}[ done]', /names nothing/],
    ['hooray', /same words/],
    ['{author} did it', /same words/],
    ['@{author} did {story}', /right behind "@"/],
    ['#{story}', /right behind "#"/],
    ['www.{story}', /right behind "\."/],
    ['{story}s', /"s" must not stand right behind/],
    ['{author}{story}', /right behind/],
    ['{story} ({link})', /blank before/],
    ['{story} {link}, see', /blank behind/],
    ['{story} on example.com', /"example\.com" is a link/],
    ['{story} http://tracker/', /is a link/],
    [`${'x'.repeat(300)} {story}`, /weighs \d+ characters; X takes 280/],
    [`${'漢'.repeat(130)} {story}`, /weighs 284 characters; X takes 280/],
  ]
  for (const [accepted, problem] of cases) {
    const found = examine(filled({ ...app, templates: { accepted } }))
    if (problem === null) t.strictSame(found, [], accepted)
    else t.match(found, [{ setting: 'templates.accepted', problem }], accepted)
  }
  t.strictSame(examine(filled({ ...app, include_link: true, templates: { accepted: '{story} on example.com' } })), [])
})

t.test('the check says who posts, that it is public, and what a link costs', async (t) => {
  const { target, session, settings, clock } = await opened(t)
  t.match(await session.check(), [
    { level: 'ok', setting: 'access_token', message: 'posts as @enterprise' },
    { level: 'warning', setting: null, message: /public/ },
  ])
  const linking = sessionOn(t, target, { settings: { ...settings, include_link: true }, clock })
  t.match((await linking.check()).at(-1), { level: 'warning', setting: 'include_link', message: /\$0\.20/ })
  target.state.protected = true
  t.match((await session.check())[0], { message: /only its followers/ })
  t.equal(target.posts.length, 0)
})

t.test('the check tells what keeps it from posting, and what need not', async (t) => {
  const { target, session, settings } = await opened(t)
  target.state.mayRead = false
  t.match((await session.check())[0], { level: 'warning', message: /could not ask X.*need not keep it from posting/ })
  target.fault({ status: 402 })
  t.match((await session.check())[0], { level: 'warning' })
  target.state.mayRead = true
  const late = sessionOn(t, target, { settings, clock: clockAt('2026-11-24T05:58:00.000Z') })
  t.match((await late.check())[1], { level: 'warning', message: /clock is 120 seconds behind/ })
  target.oauth.revokeAll()
  t.match((await session.check())[0], { level: 'error', setting: 'access_token', message: /no longer takes/ })
  const nobody = await unconnected(t)
  t.match((await nobody.session.check())[0], { level: 'error', message: /relay connect twitter news/ })
})
