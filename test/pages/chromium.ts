import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const PLACES = [
  process.env.CHROMIUM ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

const found = PLACES.find((place) => place !== '' && existsSync(place))

/** Why tests with a browser are skipped; false: they run. In CI they fail instead. */
export const withoutChromium: string | false =
  found === undefined && process.env.CI === undefined ? 'there is no Chromium; CHROMIUM may name one' : false

interface Test {
  teardown(work: () => Promise<void> | void): void
}

export async function openBrowser(t: Test): Promise<Browser> {
  if (found === undefined) throw new Error('there is no Chromium: install it, or name it in CHROMIUM')
  const browser = await chromium.launch({
    executablePath: found,
    // It asks the world at each start otherwise, and is root in most containers.
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-dev-shm-usage'],
    ],
  })
  t.teardown(() => browser.close())
  return browser
}
