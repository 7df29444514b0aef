import t from 'tap'
import { eventually } from '../gateway/eventually.ts'
import { changed } from '../gateway/tracker-says.ts'
import { administeredRelay, OPERATOR } from '../routes/api/administered.ts'
import { busyRelay } from './busy-relay.ts'
import { openBrowser, withoutChromium } from './chromium.ts'
import { signedIn } from './looked-at.ts'

// A browser on a machine that is busy with other things.
t.setTimeout(240_000)

t.test('in a browser', { skip: withoutChromium }, async (t) => {
  const { relay, receiver } = await busyRelay(t)
  const browser = await openBrowser(t)
  const { page, go, shifts } = await signedIn(browser, relay.url, { token: OPERATOR })
  const integration = async (name: string) => (await relay.api(`/integrations/${name}`)).json()

  t.test('the overview changes by itself when something happens', async () => {
    await go('/')
    const row = page.locator('#row-builds')
    await row.getByText('running').waitFor()
    await relay.api('/integrations/builds/pause', { method: 'POST', body: { reason: 'moving house' } })
    await row.getByText('paused', { exact: true }).waitFor()
    await relay.api('/integrations/builds/resume', { method: 'POST' })
    await row.getByText('running').waitFor()
  })

  t.test('the list of activities counts what is new while somebody is busy with it, and nothing moves', async (t) => {
    await go('/activities')
    const rows = await page.locator('[data-row]').count()
    await page.locator('[data-list] a').first().focus()
    // On a slow machine the page is shown before its script has written the times.
    const { length: before } = await shifts()
    await relay.post(changed(11, { story: '110', state: 'started' }))
    await page.getByText('1 new').waitFor()
    t.equal(await page.locator('[data-row]').count(), rows, 'no row moved')
    t.strictSame((await shifts()).slice(before), [], 'nor anything else')
    await page.getByRole('link', { name: 'Show them' }).click()
    await eventually(
      () => page.locator('[data-row]').count(),
      (count) => count === rows + 1,
      'the new one is shown',
    )
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
    await relay.post(changed(12, { story: '110', state: 'finished' }))
    await page.locator('[data-row="5"]').waitFor()
  })

  t.test('an integration is paused, with a reason, and resumed', async (t) => {
    await go('/integrations/builds')
    await page.getByRole('link', { name: /^Pause/ }).click()
    await page.locator('input[name=reason]').fill('moving <b>house</b>')
    await page.getByRole('button', { name: /^Pause/ }).click()
    await page.getByText('moving <b>house</b>').first().waitFor()
    t.match(await integration('builds'), { standing: { state: 'paused' } })
    await page.getByRole('button', { name: /^Resume/ }).click()
    await page.getByText('Resumed: sending goes on').waitFor()
    t.match(await integration('builds'), { standing: { state: 'running' } })
  })

  t.test('a delivery is sent again from its activity', async () => {
    await go('/activities/3')
    const before = receiver.repeated
    await page
      .locator('#way-builds')
      .getByRole('link', { name: /^Send again/ })
      .click()
    await page.getByRole('button', { name: /^Send/ }).click()
    await eventually(
      () => receiver.repeated,
      (count) => count > before,
      'the target has it again',
    )
  })

  t.test('a replay is started from a list, and its progress is seen', async (t) => {
    await go('/activities?integration=rude&state=dead')
    await page.getByRole('link', { name: /^Send these again/ }).click()
    await page.getByRole('button', { name: /^Send/ }).click()
    await page.waitForURL('**/replays/*')
    await page.getByText('done').first().waitFor()
    t.ok((await page.locator('progress').getAttribute('max')) !== null)
  })

  t.test('an account is authorised on a page that leads to the target, and disconnected', async (t) => {
    await go('/integrations/board')
    await page.getByRole('link', { name: 'Authorise or disconnect' }).click()
    await page.route('https://bulletin.example.com/**', (route) => route.fulfill({ body: 'Do you agree?' }))
    await page.getByRole('button', { name: 'Authorise' }).click()
    await page.getByText('Do you agree?').waitFor()
    const code = new URL(page.url()).searchParams.get('code') ?? ''
    await go(`/connect/bulletin/board/callback?code=${code}`)
    await page.getByText('It writes as @kirk <b> from now on.').waitFor()
    await page.getByRole('link', { name: 'To the integration' }).click()
    await page.getByRole('link', { name: 'Authorise or disconnect' }).click()
    await page.getByRole('button', { name: 'Disconnect' }).click()
    await page.getByText('This integration is not authorised').waitFor()
    t.match(await integration('board'), { standing: { state: 'paused' } })
  })
})

t.test('set-up turns green by itself with the first activity', { skip: withoutChromium }, async (t) => {
  const relay = await administeredRelay(t)
  const browser = await openBrowser(t)
  const { page, go } = await signedIn(browser, relay.url, { token: OPERATOR })
  await go('/set-up')
  await page.getByText('Waiting for the first activity').waitFor()
  await relay.post(changed(1, { story: '110', state: 'started' }))
  await page.getByText('It works.').waitFor()
  await page.getByRole('link', { name: 'James Kirk did something' }).click()
  await page.waitForURL('**/activities/1')
})
