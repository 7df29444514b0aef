import t from 'tap'
import { sealedCredentials } from '../../src/store/sealed-credentials.ts'
import { authorisedConnector } from '../gateway/authorised-connector.ts'
import { eventually } from '../gateway/eventually.ts'
import { type RunningRelay, startRelay } from '../gateway/running-relay.ts'
import { changed } from '../gateway/tracker-says.ts'

const ADMIN = 'an-admin-token-of-some-length'
const KEY = 'a key that is long enough for the test of it'
const PAGE = '/connect/bulletin/board'

function setup(server: object = {}, credentials: object = { keys: [KEY] }) {
  return {
    server: { admin_token: ADMIN, public_url: 'https://relay.example.com/', ...server },
    credentials,
    connectors: [authorisedConnector],
    integrations: { board: { type: 'bulletin' } },
  }
}

interface Page {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** A browser: it logs in, keeps its cookie, and follows nothing by itself. */
function browser(relay: RunningRelay, password = ADMIN) {
  let cookie = ''
  async function go(path: string, form?: Record<string, string>): Promise<Page> {
    const answer = await fetch(`${relay.url}${path}`, {
      method: form === undefined ? 'GET' : 'POST',
      redirect: 'manual',
      headers: {
        authorization: `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`,
        ...(cookie === '' ? {} : { cookie }),
      },
      ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
    })
    cookie = answer.headers.get('set-cookie')?.split(';', 1)[0] ?? cookie
    return { status: answer.status, headers: answer.headers, text: await answer.text() }
  }
  return {
    go,
    /** Presses the button of the page whose form leads there. */
    async press(action: string): Promise<Page> {
      const { text } = await go(PAGE)
      const form = new RegExp(`action="${action}"><input type="hidden" name="form" value="([^"]+)"`).exec(text)?.[1]
      if (form === undefined) throw new Error(`the page has no button for ${action}: ${text}`)
      return await go(action, { form })
    },
  }
}

const codeIn = ({ headers }: Page): string =>
  new URL(headers.get('location') ?? '').searchParams.get('code') ?? 'there is none'

t.test('the button leads to the target, and the way back authorises the account and lets what waited go', async (t) => {
  const relay = await startRelay(t, setup())
  await relay.post(changed(1, { story: '109', state: 'started' }))
  await eventually(
    () => relay.deliveries(),
    ([delivery]) => delivery?.state === 'held',
    'what comes before anybody has authorised it is held',
  )
  const { go, press } = browser(relay)
  t.match(await go(PAGE), { status: 200, text: /This integration is not authorised/ })
  const sent = await press(PAGE)
  t.equal(sent.status, 303)
  t.match(
    sent.headers.get('location'),
    /^https:\/\/bulletin\.example\.com\/agree\?code=\d+&callback=https%3A%2F%2Frelay\.example\.com%2Fconnect%2Fbulletin%2Fboard%2Fcallback$/,
  )
  t.match(
    sent.headers.get('set-cookie'),
    /^relay_connect=[\w-]{32}; Path=\/connect\/bulletin\/board; Max-Age=900; HttpOnly; SameSite=Lax; Secure$/,
  )
  const back = await go(`${PAGE}/callback?code=${codeIn(sent)}`)
  t.equal(back.status, 200)
  t.match(back.text, 'It writes as <b>@kirk &lt;b></b> from now on.')
  t.match(back.headers.get('content-security-policy'), "default-src 'none'")
  t.equal(back.headers.get('cache-control'), 'no-store')
  const [delivery] = await relay.allSettled(1)
  t.match(delivery, { state: 'delivered', note: 'posted as @kirk <b>' })
  t.match((await go(PAGE)).text, 'It writes as <b>@kirk &lt;b></b>.')
  const deed = { who: 'server.admin_token', subject: 'integration board', result: 'done' }
  t.match(await relay.store.auditList({ limit: 5 }), [{ ...deed, action: 'connect' }])
  await press(`${PAGE}/disconnect`)
  t.match(await relay.store.auditList({ limit: 5 }), [{ ...deed, action: 'disconnect' }, {}])
})

t.test('disconnecting forgets the account; what comes is held until it is authorised again', async (t) => {
  const relay = await startRelay(t, setup())
  const { go, press } = browser(relay)
  await go(`${PAGE}/callback?code=${codeIn(await press(PAGE))}`)
  t.equal((await press(`${PAGE}/disconnect`)).status, 303)
  t.match((await go(PAGE)).text, 'This integration is not authorised')
  await relay.post(changed(1, { story: '109', state: 'started' }))
  t.match(await relay.store.integrationStates(), [
    { integration: 'board', pausedReason: 'disconnected; deliveries are kept until it is authorised again' },
  ])
  await go(`${PAGE}/callback?code=${codeIn(await press(PAGE))}`)
  t.match(await relay.allSettled(1), [{ state: 'delivered' }])
})

t.test('only the browser that began can end it, once, and in time', async (t) => {
  const relay = await startRelay(t, setup())
  const mine = browser(relay)
  const other = browser(relay)
  const code = codeIn(await mine.press(PAGE))
  t.match(await other.go(`${PAGE}/callback?code=${code}`), {
    status: 400,
    text: /This browser did not begin this authorisation/,
  })
  t.match(await mine.go(`${PAGE}/callback?code=${code}0`), { status: 400, text: /not the code that was begun with/ })
  t.match(await mine.go(`${PAGE}/callback?code=${code}`), {
    status: 400,
    text: /This browser did not begin this authorisation/,
  })
  const denied = codeIn(await mine.press(PAGE))
  t.match(await mine.go(`${PAGE}/callback?denied=${denied}`), { status: 400, text: /it was refused/ })
  const late = codeIn(await mine.press(PAGE))
  relay.advance(16 * 60_000)
  t.match(await mine.go(`${PAGE}/callback?code=${late}`), { status: 400, text: /or it expired/ })
  t.match((await mine.go(PAGE)).text, 'This integration is not authorised')
})

t.test('only the administrator gets in, and no other site can submit a form in their browser', async (t) => {
  const relay = await startRelay(t, setup())
  const stranger = browser(relay, 'a-guess')
  for (const path of [PAGE, `${PAGE}/callback?code=1`, '/connect/bulletin/nobody'])
    t.match(await stranger.go(path), { status: 401, text: /server\.admin_token/ }, path)
  t.equal((await stranger.go(PAGE)).headers.get('www-authenticate'), 'Basic realm="Tracker Relay", charset="UTF-8"')
  const admin = browser(relay)
  for (const form of [{}, { form: 'a guess' }] as Record<string, string>[])
    for (const action of [PAGE, `${PAGE}/disconnect`]) t.equal((await admin.go(action, form)).status, 404)
  for (const path of ['/connect/bulletin/nobody', '/connect/twitter/board'])
    t.equal((await admin.go(path)).status, 404, path)
  const answer = await relay.get(PAGE, { authorization: `Bearer ${ADMIN}` })
  t.equal(answer.status, 200)
  t.notMatch(relay.output(), ADMIN)
})

t.test('without an admin token the pages do not exist', async (t) => {
  const relay = await startRelay(t, setup({ admin_token: undefined }))
  t.equal((await relay.get(PAGE)).status, 404)
})

t.test('the page says what the config lacks before anybody can be sent away', async (t) => {
  const noAddress = await startRelay(t, setup({ public_url: undefined }))
  t.match((await browser(noAddress).go(PAGE)).text, 'Set server.public_url to the address')
  const noKey = await startRelay(t, setup({}, { keys: [] }))
  t.match((await browser(noKey).go(PAGE)).text, 'Set credentials.keys first')
})

t.test('guesses of the password are limited', async (t) => {
  const relay = await startRelay(t, setup())
  const stranger = browser(relay, 'a-guess')
  const answers: number[] = []
  for (let guess = 0; guess < 61; guess += 1) answers.push((await stranger.go(PAGE)).status)
  t.strictSame(answers.slice(-2), [401, 429])
})

t.test('under a path of a proxy the buttons, the cookie and the way back have that path', async (t) => {
  const relay = await startRelay(t, setup({ public_url: 'https://example.com/tools/relay/' }))
  const { go } = browser(relay)
  const { text } = await go(PAGE)
  const form =
    /action="\/tools\/relay\/connect\/bulletin\/board"><input type="hidden" name="form" value="([^"]+)"/.exec(text)
  const sent = await go(PAGE, { form: form?.[1] ?? 'the page has no such button' })
  t.match(
    sent.headers.get('location'),
    encodeURIComponent('https://example.com/tools/relay/connect/bulletin/board/callback'),
  )
  t.match(sent.headers.get('set-cookie'), '; Path=/tools/relay/connect/bulletin/board;')
})

t.test('with a new key the stored account goes on being used, once it is sealed anew', async (t) => {
  const relay = await startRelay(t, setup())
  const { go, press } = browser(relay)
  await go(`${PAGE}/callback?code=${codeIn(await press(PAGE))}`)
  const next = 'a key that takes the place of the one before'
  await relay.reload(setup({}, { keys: [next, KEY] }))
  const credentials = sealedCredentials(relay.store, [next, KEY], Date.now)
  const value = await credentials?.load('bulletin/board')
  await credentials?.save('bulletin/board', value ?? 'nothing is there')
  await relay.reload(setup({}, { keys: [next] }))
  await relay.post(changed(1, { story: '109', state: 'started' }))
  t.match(await relay.allSettled(1), [{ state: 'delivered', note: 'posted as @kirk <b>' }])
})

t.test('an account whose key is lost is told, and can be authorised again', async (t) => {
  const relay = await startRelay(t, setup())
  const { go, press } = browser(relay)
  await go(`${PAGE}/callback?code=${codeIn(await press(PAGE))}`)
  await relay.reload(setup({}, { keys: ['a key that opens nothing of what was kept'] }))
  t.match(await go(PAGE), { status: 200, text: /cannot be decrypted with any key in credentials\.keys/ })
  t.match(await go(`${PAGE}/callback?code=${codeIn(await press(PAGE))}`), { status: 200, text: /is authorised/ })
  t.match((await go(PAGE)).text, 'It writes as')
})
