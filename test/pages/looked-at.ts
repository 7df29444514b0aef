import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, BrowserContext, Page } from 'playwright-core'

export const TOKEN = 'the-token-of-the-bridge'

/** What went wrong in a browser while somebody looked at pages. */
export interface Complaints {
  /** What the console says: a breach of the policy, an error of a script, a file that is missing. */
  readonly console: string[]
  /** Requests to another place than the relay. */
  readonly elsewhere: string[]
  /** Dialogs that opened: a script from outside ran. */
  readonly dialogs: string[]
}

export interface Visitor {
  readonly page: Page
  readonly context: BrowserContext
  readonly complaints: Complaints
  go(path: string): Promise<void>
}

interface Look {
  readonly width?: number
  readonly scheme?: 'light' | 'dark'
  readonly scripts?: boolean
  readonly token?: string
}

/** Somebody who has signed in as a person does. */
export async function signedIn(browser: Browser, url: string, look: Look = {}): Promise<Visitor> {
  const { width = 1440, scheme = 'light', scripts = true, token = TOKEN } = look
  const context = await browser.newContext({
    viewport: { width, height: 900 },
    colorScheme: scheme,
    javaScriptEnabled: scripts,
    reducedMotion: 'reduce',
  })
  const page = await context.newPage()
  const complaints: Complaints = { console: [], elsewhere: [], dialogs: [] }
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.console.push(message.text())
  })
  page.on('pageerror', (error) => void complaints.console.push(error.message))
  page.on('request', (request) => {
    if (!request.url().startsWith(url)) complaints.elsewhere.push(request.url())
  })
  page.on('dialog', (dialog) => {
    complaints.dialogs.push(dialog.message())
    void dialog.dismiss()
  })
  await page.goto(`${url}/sign-in`)
  await page.getByLabel('Token').fill(token)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('button', { name: 'Sign out' }).waitFor()
  return { page, context, complaints, go: async (path) => void (await page.goto(`${url}${path}`)) }
}

/** The rules that the page breaks, with the first element of each. @param rules default: all */
export async function axeFindings(page: Page, rules: readonly string[] | 'all' = 'all'): Promise<readonly string[]> {
  // Else it opens another page for each, which takes seconds; no page here has frames.
  const axe = new AxeBuilder({ page }).setLegacyMode(true)
  const { violations } = await (rules === 'all' ? axe : axe.withRules([...rules])).analyze()
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 160)}: ${nodes[0]?.failureSummary ?? ''}`)
}

/** How far the page could be scrolled sideways. In CSS pixels. */
export async function sideways(page: Page): Promise<number> {
  return await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
}
