import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import t from 'tap'
import type { Variant } from '../connectors/variant.ts'
import { type Recording, record } from './recording.ts'

const FOLDER = 'test/golden/files'
const REWRITE =
  'npm run golden writes what is sent now into test/golden/files; look at the difference before you commit it'

/**
 * Compares all that a connector plans and sends with the golden files of its variants, or writes them when GOLDEN says
 * so. The names of the files begin with the name of the connector.
 */
export function golden(connector: string, variants: readonly Variant[]): void {
  const writes = process.env.GOLDEN === 'write'

  for (const variant of variants)
    t.test(`${variant.name} plans and sends what its golden file says`, async (t) => {
      const recording = await record(variant)
      const path = `${FOLDER}/${variant.name}.json`
      if (writes) writeFileSync(path, `${pretty(recording)}\n`)
      const kept = JSON.parse(readFileSync(path, 'utf8')) as Recording
      t.strictSame(Object.keys(recording), Object.keys(kept), REWRITE)
      for (const [section, parts] of Object.entries(recording)) {
        const wanted = kept[section] ?? {}
        t.strictSame(Object.keys(parts), Object.keys(wanted), `${section}: ${REWRITE}`)
        // As text, since the order of the keys in a body counts.
        for (const [name, part] of Object.entries(parts))
          t.equal(pretty(part), pretty(wanted[name]), `${section}, ${name}: ${REWRITE}`)
      }
    })

  t.test(`each golden file of ${connector} is compared`, async (t) => {
    const files = readdirSync(FOLDER).filter(
      (name) => name.startsWith(`${connector}.`) || name.startsWith(`${connector}-`),
    )
    t.strictSame(files.sort(), variants.map(({ name }) => `${name}.json`).sort())
  })
}

function pretty(value: unknown): string {
  return JSON.stringify(value, null, 2)
}
