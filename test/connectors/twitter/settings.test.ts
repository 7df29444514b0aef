import t from 'tap'
import twitterText from 'twitter-text'
import { postFor } from '../../../src/connectors/kit/post-text.ts'
import twitter from '../../../src/connectors/twitter/index.ts'
import { LONGEST_POST, weightedLength } from '../../../src/connectors/twitter/weighted-length.ts'
import { announcing, clockAt, problemsOf } from '../../harness.ts'
import { filled, opened, sessionOn, unconnected } from './opened.ts'

const app = { consumer_key: 'key', consumer_secret: 'secret' }

t.test('exactly one complete way to sign in is needed', async (t) => {
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
      problemsOf(twitter, filled(settings)).map((each) => each.setting),
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
    ['{story is done', /has a single "\{"/],
    ['{story} is done}', /has a single "\}"/],
    ['{story}[ {link}', /has a "\[" without a "\]"/],
    ['{story} {link}]', /has a "\]" without a "\["/],
    ['{story}[ [{text}]]', /within another/],
    ['{story}[ done]', /without a placeholder/],
    ['hooray', /would say the same/],
    ['{author} did it', /would say the same/],
    ['@{author} did {story}', /right after "@"/],
    ['#{story}', /right after "#"/],
    ['www.{story}', /right after "\."/],
    ['{story}s', /must not have "s" right after/],
    ['{author}{story}', /right after/],
    ['{story} ({link})', /blank before/],
    ['{story} {link}, see', /blank after/],
    ['{story} on example.com', /a link \(found "example\.com"\)/],
    ['{story} http://tracker/', /a link/],
    ['{what} {link}', /would say the same/],
    ['{author} did it[ {link}]', /would say the same/],
    [`${'x'.repeat(300)} {story}`, /must fit into 280 characters by X's count; with a short story it has \d+/],
    [`${'漢'.repeat(130)} {story}`, /must fit into 280 characters by X's count; with a short story it has 284/],
  ]
  for (const [accepted, problem] of cases) {
    const found = problemsOf(twitter, filled({ ...app, templates: { accepted } }))
    if (problem === null) t.strictSame(found, [], accepted)
    else t.match(found, [{ setting: 'templates.accepted', problem }], accepted)
  }
  t.strictSame(
    problemsOf(twitter, filled({ ...app, include_link: true, templates: { accepted: '{what} {link}' } })),
    [],
  )
})

t.test(
  'no template makes a mention, a hashtag, a cashtag or a link, whichever of its parts are left out',
  async (t) => {
    const link = 'https://www.pivotaltracker.com/story/show/109'
    const templates = [
      'cc @elonmusk {story} is done',
      '{author} {story} ＠kirk',
      '#win {story}',
      '{story} ＃橋',
      '$TSLA $AAPL {story}',
      'See http://1.2.3.4 {story}',
      'See https://example.com {story}',
      '{story} on example.com',
      '{story} is on www.example.co.uk now',
      '{author}.com did {story}',
      '{story}.com',
      '{author} did {story}[ — {text}].com',
      '@[- {text} ]{author} accepted {story}',
      '@[- {text} ]kirk accepted {story}',
      '#[ {text} ]win {story}',
      '$[ {text} ]TSLA {story}',
      'example[ {text} ].com {story}',
      '{story}[ {text} ]{link}',
    ]
    for (const accepted of templates)
      for (const include_link of [false, true]) {
        t.match(
          problemsOf(twitter, filled({ ...app, include_link, templates: { accepted } })),
          [{ setting: 'templates.accepted', problem: /a mention, a topic|must not have|must have a blank/ }],
          accepted,
        )
        // Also one that came past the check does nothing.
        for (const text of [null, 'see @spock on main.rs'])
          for (const author of ['James Kirk', 'kirk', '@', '#a', '$']) {
            const written = postFor('Twitter', announcing({ author, text }), {
              measure: weightedLength,
              longest: LONGEST_POST,
              includeLink: include_link,
              templates: { accepted },
            })
            const found = twitterText.extractEntitiesWithIndices(written)
            const others = found.filter((each) => !('url' in each && each.url === link))
            t.strictSame(others, [], written)
          }
      }
  },
)

t.test('the check says which account posts, that posts are public, and what a link costs', async (t) => {
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

t.test('the check tells what prevents posting, and warns of what may not', async (t) => {
  const { target, session, settings } = await opened(t)
  target.state.mayRead = false
  t.match((await session.check())[0], { level: 'warning', message: /could not ask X.*posting may still work/ })
  target.fault({ status: 402 })
  t.match((await session.check())[0], { level: 'warning' })
  target.state.mayRead = true
  const late = sessionOn(t, target, { settings, clock: clockAt('2026-11-24T05:58:00.000Z') })
  t.match((await late.check())[1], { level: 'warning', message: /clock is 120 seconds behind/ })
  target.oauth.revokeAll()
  t.match((await session.check())[0], { level: 'error', setting: 'access_token', message: /no longer accepts/ })
  const nobody = await unconnected(t)
  t.match((await nobody.session.check())[0], { level: 'error', message: /tracker-relay connect twitter news/ })
})
