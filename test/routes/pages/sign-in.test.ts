import t from 'tap'
import { ask, SECRET, startRelay } from '../../gateway/running-relay.ts'
import { PROJECT } from '../../gateway/tracker-says.ts'
import { administeredRelay, OPERATOR, TOKENS } from '../api/administered.ts'
import { signedIn } from './signed-in.ts'

t.test('a wrong token lets nobody in; guesses are limited', async (t) => {
  const relay = await administeredRelay(t, {
    server: { rate_limit: { wrong_secrets_per_address_per_minute: 3 } },
  })
  const page = await relay.get('/sign-in')
  const cookie = page.headers
    .getSetCookie()
    .map((each) => each.split(';')[0])
    .join('; ')
  const csrf = /name="_csrf" value="([^"]*)"/.exec(page.text)?.[1] ?? ''
  const enter = async (token: string, form = csrf) =>
    await ask(`${relay.url}/sign-in`, {
      method: 'POST',
      redirect: 'manual',
      headers: { cookie, 'content-type': 'application/x-www-form-urlencoded' },
      body: `_csrf=${encodeURIComponent(form)}&token=${token}`,
    })
  t.match(
    await enter(OPERATOR, 'forged'),
    { status: 403, text: /That form was too old\..*name="token"/s },
    'another site can sign nobody in, and somebody with an old page can go on',
  )
  const entered = await enter(OPERATOR)
  t.equal(entered.status, 303)
  t.match(entered.headers.getSetCookie().join('\n'), /^relay_session=.*; HttpOnly; SameSite=Lax$/m)
  const statuses: number[] = []
  for (let guess = 0; guess < 5; guess += 1) statuses.push((await enter(`guess-${guess}`)).status)
  t.strictSame(statuses, [403, 403, 403, 429, 429])
})

t.test('an old link, and a session of a token that is not in force any more, let nobody in', async (t) => {
  const relay = await administeredRelay(t)
  t.equal((await relay.get('/sign-in?pass=YQ.1.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa')).status, 403)
  const browser = await signedIn(relay.url)
  t.equal((await browser.get('/')).status, 200)
  await relay.reload({ admin: { tokens: TOKENS.map((each) => ({ ...each, token: `${each.token}-new` })) } })
  t.match(await browser.get('/'), { status: 303, location: '/sign-in?to=%2F' })
})

t.test('a browser is told that a hook works, and what is not there, in the frame of the pages', async (t) => {
  const relay = await startRelay(t)
  const html = { accept: 'text/html,application/xhtml+xml' }
  const hook = await relay.get(`/hooks/${PROJECT}/${SECRET}`, html)
  t.match(hook, { status: 405, text: /This address works/ })
  t.equal(hook.headers.get('allow'), 'POST')
  const missing = await relay.get('/nowhere', html)
  t.match(missing, { status: 404, text: /Tracker Relay/ })
  t.match(missing.headers.get('content-security-policy'), "default-src 'none'")
  t.match((await relay.get('/nowhere')).headers.get('content-type'), 'application/problem+json')
})
