import axe from 'axe-core'
import type { Browser, BrowserContext, Page } from 'playwright-core'

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
  /** Bytes that were loaded so far, with their headers, but for what scripts fetched. */
  loaded(): number
  /** What has moved on the page without somebody's doing since it was loaded. */
  shifts(): Promise<readonly string[]>
}

interface Look {
  readonly scripts?: boolean
  readonly token: string
}

const LONGEST_WAIT_MS = 90_000

/** Somebody who has signed in as a person does. */
export async function signedIn(browser: Browser, url: string, { scripts = true, token }: Look): Promise<Visitor> {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    colorScheme: 'light',
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
  // A machine may be busy with other things.
  page.setDefaultTimeout(LONGEST_WAIT_MS)
  let bytes = 0
  const fetched = new Set<string>()
  const network = await context.newCDPSession(page)
  await network.send('Network.enable')
  network.on('Network.requestWillBeSent', ({ requestId, type }) => {
    if (type === 'Fetch') fetched.add(requestId)
  })
  network.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    if (!fetched.has(requestId)) bytes += encodedDataLength
  })
  await page.addInitScript(() => {
    const moved: string[] = []
    Object.assign(window, { moved })
    interface Shift extends PerformanceEntry {
      readonly hadRecentInput: boolean
      readonly sources: readonly { readonly node: Node | null }[]
    }
    new PerformanceObserver((list) => {
      for (const { hadRecentInput, sources } of list.getEntries() as Shift[])
        if (!hadRecentInput)
          moved.push(...sources.map(({ node }) => `${node?.nodeName} ${node?.textContent?.trim().slice(0, 40)}`))
    }).observe({ type: 'layout-shift', buffered: true })
  })
  page.on('dialog', (dialog) => {
    complaints.dialogs.push(dialog.message())
    void dialog.dismiss()
  })
  await page.goto(`${url}/sign-in`)
  await page.getByLabel('Token').fill(token)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('button', { name: 'Sign out' }).waitFor()
  return {
    ...{ page, context, complaints },
    go: async (path) => void (await page.goto(`${url}${path}`)),
    loaded: () => bytes,
    // It is told of in the frame after the one in which it happened.
    shifts: () =>
      page.evaluate(
        () =>
          new Promise((resolve) =>
            requestAnimationFrame(() =>
              requestAnimationFrame(() => resolve((window as unknown as { moved: string[] }).moved)),
            ),
          ),
      ),
  }
}

/** The rules that the page breaks, with the first element of each. @param rules default: all */
export async function axeFindings(page: Page, rules: readonly string[] | 'all' = 'all'): Promise<readonly string[]> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source)
  return await page.evaluate(
    async (options) => {
      const { violations } = await (window as unknown as { axe: typeof axe }).axe.run(document, options)
      return violations.map(
        ({ id, nodes: [first] }) => `${id}: ${first?.html.slice(0, 160)}: ${first?.failureSummary ?? ''}`,
      )
    },
    // What is in order is not described, which takes long.
    {
      resultTypes: ['violations' as const],
      ...(rules === 'all' ? {} : { runOnly: { type: 'rule' as const, values: [...rules] } }),
    },
  )
}

/** How far the page could be scrolled sideways. In CSS pixels. */
export async function sideways(page: Page): Promise<number> {
  return await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
}
