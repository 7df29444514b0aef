import t, { type Test } from 'tap'
import { eventually } from '../gateway/eventually.ts'
import { ask, type RunningRelay, SECRET, startRelay } from '../gateway/running-relay.ts'
import { changed, commented, created, PROJECT } from '../gateway/tracker-says.ts'
import { startWebhookReceiver } from '../targets/webhook-receiver.ts'
import { openBrowser, withoutChromium } from './chromium.ts'
import { axeFindings, sideways, signedIn, TOKEN } from './looked-at.ts'

// A browser on a machine that is busy with other things.
t.setTimeout(300_000)

const HOSTILE = `&lt;img src=x onerror=alert(1)&gt;&quot;'&lt;script&gt;alert(2)&lt;/script&gt;`
const READER = 'the-token-of-a-reader'

/** A relay with something of everything on its pages, and hostile words wherever they can come from. */
async function relayWithMuch(
  t: Test,
): Promise<{ relay: RunningRelay; receiver: Awaited<ReturnType<typeof startWebhookReceiver>> }> {
  const receiver = await startWebhookReceiver({ secret: null })
  t.teardown(() => receiver.close())
  const relay = await startRelay(t, {
    admin: {
      tokens: [
        { name: 'bridge', role: 'operate', token: TOKEN },
        { name: 'cadet', role: 'read', token: READER },
      ],
    },
    integrations: {
      told: { type: 'log' },
      builds: { type: 'webhook', url: receiver.url },
      // Nobody listens on this port.
      gone: { type: 'webhook', url: 'http://127.0.0.1:9/', breaker: { failures: 1 } },
    },
  })
  await relay.post(created(1, { story: '109', name: `Torpedo ${HOSTILE}`, author: `Kirk ${HOSTILE}` }))
  await relay.post(commented(2, { story: '109', text: HOSTILE, author: `Spock ${HOSTILE}` }))
  await relay.post(changed(3, { story: '109', state: 'accepted' }))
  await relay.post('<activity><id>x</id><script>alert(3)</script>')
  await api(relay, 'PUT', `/links/${PROJECT}/109`, {
    external_id: `"><script>alert(4)</script>`,
    system: 'other',
  })
  await api(relay, 'POST', '/integrations/told/pause', { reason: '<script>alert(6)</script>' })
  await eventually(
    () => relay.deliveries(),
    (found) => found.filter(({ integration, state }) => integration === 'builds' && state === 'delivered').length === 3,
    'the web hook has all',
  )
  await eventually(
    () => api(relay, 'GET', '/integrations/gone'),
    ({ standing }) => (standing as { state: string }).state === 'held',
    'nobody answers',
  )
  return { relay, receiver }
}

async function api(relay: RunningRelay, method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const answer = await ask(`${relay.url}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${TOKEN}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`)
  return answer.text === '' ? {} : answer.json()
}

const PATHS = [
  ...['/', '/?period=hour', '/activities', '/activities/1', '/activities/3', '/activities?integration=gone&state=open'],
  ...[
    '/integrations',
    '/integrations/gone',
    '/integrations/told',
    '/integrations/builds',
    '/links',
    '/rejected',
    '/rejected/1',
  ],
  ...['/replays', '/set-up', '/audit', '/activities/99999', '/activities?text=nothing-like-this'],
]

t.test(
  'every page is accessible, fits, keeps to its policy and asks nobody else, in light and dark',
  { skip: withoutChromium },
  async (t) => {
    const { relay } = await relayWithMuch(t)
    const browser = await openBrowser(t)
    for (const [scheme, width] of [
      ['light', 1440],
      ['dark', 380],
    ] as const) {
      const { page, complaints, go, context } = await signedIn(browser, relay.url, { scheme, width })
      for (const path of PATHS) {
        await go(path)
        t.strictSame(
          await axeFindings(page, scheme === 'light' ? 'all' : ['color-contrast']),
          [],
          `axe finds nothing at ${path}, ${scheme}, ${width} px`,
        )
        // The colours change nothing of the widths.
        for (const each of scheme === 'light' ? [380, 768, 1440] : []) {
          await page.setViewportSize({ width: each, height: 900 })
          t.equal(await sideways(page), 0, `${path} fits in ${each} px`)
        }
        await page.setViewportSize({ width, height: 900 })
        t.equal(await page.locator('h1').count(), 1, `${path} has one h1`)
        t.equal(await page.locator('a[href^="javascript:"]').count(), 0, `${path} has no link that runs something`)
      }
      // The one page of these that is not there.
      const complained = complaints.console.filter((text) => !text.includes('404'))
      t.strictSame({ ...complaints, console: complained }, { console: [], elsewhere: [], dialogs: [] }, scheme)
      await context.close()
    }
  },
)

t.test('the pages tell the same without scripts, and their forms work', { skip: withoutChromium }, async (t) => {
  const { relay } = await relayWithMuch(t)
  const browser = await openBrowser(t)
  const { page, go } = await signedIn(browser, relay.url, { scripts: false })
  await go('/')
  t.match(await page.locator('h1').textContent(), /^Not everything is fine: gone is held/)
  for (const path of PATHS) {
    await go(path)
    t.equal(await page.locator('h1').count(), 1, path)
  }
  await go('/activities')
  t.match(await page.locator('main').textContent(), /Torpedo|did something/)
  await page.getByRole('button', { name: 'Sign out' }).click()
  t.match(page.url(), /\/sign-in$/)
  await go('/activities/1')
  t.match(page.url(), /\/sign-in\?to=%2Factivities%2F1$/, 'a page is shown to nobody who has not signed in')
})

t.test('the overview changes by itself when something happens', { skip: withoutChromium }, async (t) => {
  const { relay } = await relayWithMuch(t)
  const browser = await openBrowser(t)
  const { page, go } = await signedIn(browser, relay.url)
  await go('/')
  const row = page.locator('#row-builds')
  await row.getByText('running').waitFor()
  await api(relay, 'POST', '/integrations/builds/pause', { reason: 'moving house' })
  await row.getByText('paused', { exact: true }).waitFor()
  await api(relay, 'POST', '/integrations/builds/resume', {})
  await row.getByText('running').waitFor()
})

t.test(
  'the list of activities counts what is new while somebody is busy with it, and shows it at the top else',
  { skip: withoutChromium },
  async (t) => {
    const { relay } = await relayWithMuch(t)
    const browser = await openBrowser(t)
    const { page, go } = await signedIn(browser, relay.url)
    await go('/activities')
    await page.locator('[data-list] a').first().focus()
    const rows = await page.locator('[data-row]').count()
    await relay.post(changed(11, { story: '110', state: 'started' }))
    await page.getByText('1 new').waitFor()
    t.equal(await page.locator('[data-row]').count(), rows, 'no row moved')
    await page.getByRole('link', { name: 'Show them' }).click()
    await eventually(
      () => page.locator('[data-row]').count(),
      (count) => count === rows + 1,
      'the new one is shown',
    )
  },
)

t.test('an integration is paused, with a reason, and resumed', { skip: withoutChromium }, async (t) => {
  const { relay } = await relayWithMuch(t)
  const browser = await openBrowser(t)
  const { page, go } = await signedIn(browser, relay.url)
  await go('/integrations/builds')
  await page
    .getByRole('link', { name: /^Pause/ })
    .or(page.getByRole('button', { name: /^Pause/ }))
    .first()
    .click()
  await page.locator('input[name=reason]').fill('moving <b>house</b>')
  await page.getByRole('button', { name: /^Pause/ }).click()
  await page.getByText('moving <b>house</b>').first().waitFor()
  t.match(await api(relay, 'GET', '/integrations/builds'), { standing: { state: 'paused' } })
  await page
    .getByRole('button', { name: /^Resume/ })
    .first()
    .click()
  await eventually(
    () => api(relay, 'GET', '/integrations/builds'),
    ({ standing }) => (standing as { state: string }).state === 'running',
    'it runs',
  )
})

t.test('a delivery is sent again from its activity', { skip: withoutChromium }, async (t) => {
  const { relay, receiver } = await relayWithMuch(t)
  const browser = await openBrowser(t)
  const { page, go } = await signedIn(browser, relay.url)
  await go('/activities/3')
  const before = receiver.repeated
  const section = page.locator('#way-builds')
  await section
    .getByRole('link', { name: /^Send again/ })
    .or(section.getByRole('button', { name: /^Send again/ }))
    .first()
    .click()
  await page.getByRole('button', { name: /^Send/ }).click()
  await eventually(
    () => receiver.repeated,
    (count) => count === before + 1,
    'the target has it again',
  )
})

t.test('who may only read changes nothing, and a form from another site does nothing', async (t) => {
  const relay = await startRelay(t, {
    admin: {
      tokens: [
        { name: 'bridge', role: 'operate', token: TOKEN },
        { name: 'cadet', role: 'read', token: READER },
      ],
    },
  })
  for (const [token, csrf, status] of [
    [READER, true, 403],
    [TOKEN, false, 403],
    [TOKEN, true, 303],
  ] as const) {
    const { cookies, form } = await session(relay, token)
    const answer = await ask(`${relay.url}/integrations/log/resume`, {
      method: 'POST',
      redirect: 'manual',
      headers: { cookie: cookies, 'content-type': 'application/x-www-form-urlencoded' },
      body: csrf ? `_csrf=${encodeURIComponent(form)}` : 'a=b',
    })
    t.equal(answer.status, status, `${token}, ${csrf}`)
  }
})

t.test('a wrong token, an old link and one of another purpose let nobody in; guesses are limited', async (t) => {
  const relay = await startRelay(t, {
    server: { rate_limit: { wrong_secrets_per_address_per_minute: 3 } },
    admin: { tokens: [{ name: 'bridge', role: 'operate', token: TOKEN }] },
  })
  const { cookies, form } = await asked(relay)
  const statuses: number[] = []
  for (let guess = 0; guess < 5; guess += 1) {
    const answer = await ask(`${relay.url}/sign-in`, {
      method: 'POST',
      redirect: 'manual',
      headers: { cookie: cookies, 'content-type': 'application/x-www-form-urlencoded' },
      body: `_csrf=${encodeURIComponent(form)}&token=guess-${guess}`,
    })
    statuses.push(answer.status)
  }
  t.strictSame(
    statuses.filter((status) => status !== 403 && status !== 429),
    [],
  )
  t.ok(statuses.includes(429))
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

/** The cookies and the form's token of the page where one signs in. */
async function asked(relay: RunningRelay): Promise<{ cookies: string; form: string }> {
  const page = await relay.get('/sign-in')
  const cookies = page.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ')
  return { cookies, form: /name="_csrf" value="([^"]*)"/.exec(page.text)?.[1] ?? '' }
}

async function session(relay: RunningRelay, token: string): Promise<{ cookies: string; form: string }> {
  const { cookies, form } = await asked(relay)
  const answer = await ask(`${relay.url}/sign-in`, {
    method: 'POST',
    redirect: 'manual',
    headers: { cookie: cookies, 'content-type': 'application/x-www-form-urlencoded' },
    body: `_csrf=${encodeURIComponent(form)}&token=${token}`,
  })
  const own = answer.headers.getSetCookie().map((cookie) => cookie.split(';')[0])
  const all = [cookies, ...own].join('; ')
  const page = await relay.get('/', { cookie: all })
  return { cookies: all, form: /name="_csrf" value="([^"]*)"/.exec(page.text)?.[1] ?? '' }
}
