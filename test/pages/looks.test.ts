import t from 'tap'
import { OPERATOR } from '../routes/api/administered.ts'
import { busyRelay } from './busy-relay.ts'
import { openBrowser, withoutChromium } from './chromium.ts'
import { axeFindings, sideways, signedIn } from './looked-at.ts'

// A browser on a machine that is busy with other things.
t.setTimeout(240_000)

/** Bytes of everything that the first look loads. */
const MOST_LOADED = 100_000

const LISTS = ['/', '/?period=hour', '/activities', '/integrations', '/links', '/rejected', '/replays', '/audit']
const SINGLE = [
  ...['/activities/1', '/activities/3', '/rejected/1', '/replays/1', '/set-up', '/connect/bulletin/board'],
  ...['/integrations/gone', '/integrations/told', '/integrations/builds', '/integrations/tickets'],
]
const ASKING = [
  '/integrations/builds/pause',
  '/integrations/builds/test',
  '/activities/3/send-again?delivery=8',
  '/rejected/1/delete',
]
const NOTHING = ['/activities?text=nothing-like-this', '/activities/99999', '/nowhere', '/sign-in']
const PATHS = [...LISTS, ...SINGLE, ...ASKING, ...NOTHING, '/activities?integration=gone&state=open']

t.test('with everything on it', { skip: withoutChromium }, async (t) => {
  const { relay } = await busyRelay(t)
  const browser = await openBrowser(t)

  t.test('every page is accessible in light and dark, fits, keeps to its policy and asks nobody else', async (t) => {
    const { page, complaints, go, loaded } = await signedIn(browser, relay.url, { token: OPERATOR })
    t.ok(loaded() < MOST_LOADED, `${loaded()} bytes`)
    for (const path of PATHS) {
      await go(path)
      t.strictSame(await axeFindings(page), [], `axe finds nothing at ${path}`)
      t.equal(await page.locator('h1').count(), 1, `${path} has one h1`)
      t.equal(await page.locator('a[href^="javascript:"]').count(), 0, `${path} has no link that runs something`)
      t.equal(await sideways(page), 0, `${path} fits in 1440 px`)
      // The colours change nothing of the widths, and other words are shown where it is narrow.
      await page.emulateMedia({ colorScheme: 'dark' })
      await page.setViewportSize({ width: 380, height: 900 })
      t.equal(await sideways(page), 0, `${path} fits in 380 px`)
      t.strictSame(await axeFindings(page, ['color-contrast']), [], `axe finds nothing at ${path} in the dark`)
      await page.setViewportSize({ width: 768, height: 900 })
      t.equal(await sideways(page), 0, `${path} fits in 768 px`)
      await page.emulateMedia({ colorScheme: 'light' })
      await page.setViewportSize({ width: 1440, height: 900 })
    }
    // The two pages of these that are not there.
    const complained = complaints.console.filter((text) => !text.includes('404'))
    t.strictSame({ ...complaints, console: complained }, { console: [], elsewhere: [], dialogs: [] })
  })

  t.test('the pages tell the same without scripts, and their forms work', async (t) => {
    const { page, go } = await signedIn(browser, relay.url, { scripts: false, token: OPERATOR })
    t.match(await page.locator('h1').textContent(), /^Not everything is fine: .*, and \d more/)
    for (const path of LISTS) {
      await go(path)
      t.equal(await page.locator('h1').count(), 1, path)
      t.equal(await page.locator('[data-copy]:visible').count(), 0, 'no button that only a script could obey')
    }
    await go('/activities')
    t.match(await page.locator('main').textContent(), /Torpedo|did something/)
    await page.getByLabel('Search').fill('kirk')
    await page.getByRole('button', { name: 'Search' }).click()
    t.match(page.url(), /\/activities\?text=kirk/)
    await page.getByRole('button', { name: 'Sign out' }).click()
    t.match(page.url(), /\/sign-in$/)
    await go('/activities/1')
    t.match(page.url(), /\/sign-in\?to=%2Factivities%2F1$/, 'a page is shown to nobody who has not signed in')
  })

  t.test('everything is reached with the keyboard, and it is seen where one is', async (t) => {
    const { page, go } = await signedIn(browser, relay.url, { token: OPERATOR })
    const focused = () =>
      page.evaluate(() => {
        const one = document.activeElement
        if (one === null || one === document.body) return null
        const { outlineStyle, outlineWidth } = getComputedStyle(one)
        return { name: one.textContent?.trim() ?? '', id: one.id, ring: `${outlineStyle} ${outlineWidth}` }
      })
    await go('/integrations/builds')
    await page.keyboard.press('Tab')
    t.match(await focused(), { name: 'Skip to content', ring: 'solid 3px' })
    await page.keyboard.press('Enter')
    t.match(await focused(), { id: 'main' })
    const names: string[] = []
    for (let each = 0; each < 4; each += 1) {
      await page.keyboard.press('Tab')
      const one = await focused()
      t.equal(one?.ring, 'solid 3px', `${one?.name} has a ring`)
      names.push(one?.name ?? '')
    }
    t.strictSame(names, ['Integrations', 'Check now', 'Send a test message…', 'Pause…'])
    await page.keyboard.press('Enter')
    await page.waitForURL('**/pause')
    await page.getByLabel('Why?').focus()
    await page.keyboard.type('moving house')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/integrations/builds?*')
    t.match(await focused(), { id: 'result', name: /^Paused/ }, 'what came of it has the focus')
    await relay.api('/integrations/builds/resume', { method: 'POST' })
  })
})
