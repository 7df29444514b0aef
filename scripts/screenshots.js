// node scripts/screenshots.js: plays the demo, and takes the README's pictures of its pages into docs/images. It needs what
// `npm run build` makes, and Chromium (CHROMIUM may name it).
import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { chromium } from 'playwright-core'

const PICTURES = [
  { name: 'page', path: '/', scheme: 'light' },
  { name: 'page-dark', path: '/', scheme: 'dark' },
]
const LONGEST_DEMO_MS = 120_000

const demo = spawn(process.execPath, ['dist/main.js', 'demo', '--stay'], { stdio: ['ignore', 'pipe', 'inherit'] })
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
})
try {
  const link = await played()
  mkdirSync('docs/images', { recursive: true })
  for (const { name, path, scheme } of PICTURES) {
    const context = await browser.newContext({ viewport: { width: 1200, height: 780 }, colorScheme: scheme })
    const page = await context.newPage()
    await page.goto(`${link}&to=${encodeURIComponent(path)}`)
    await page.locator('h1').waitFor()
    await page.screenshot({ path: `docs/images/${name}.png` })
    await context.close()
  }
} finally {
  await browser.close()
  demo.kill('SIGTERM')
}

/** @returns the link that signs in, once the day has been played */
function played() {
  return new Promise((resolve, reject) => {
    let output = ''
    demo.stdout.on('data', (chunk) => {
      output += chunk
      if (output.includes('Everything landed')) resolve(/page:\s+(\S+)/.exec(output)?.[1])
    })
    demo.once('exit', () => reject(new Error('the demo ended before it was played')))
    setTimeout(() => reject(new Error('the demo took too long')), LONGEST_DEMO_MS).unref()
  })
}
