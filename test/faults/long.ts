// npm run test:faults -- [FILE...]: every form of fault at length, one file after the other, and a table of what was found.
// FAULT_ROUNDS is how many rounds a form has (200), FAULT_SEED makes the same choices again, FAULT_DATABASE (SQLite or
// PostgreSQL) leaves out the other one where a form has both.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { runFiles } from '../runner/run-files.ts'
import { type Row, rowsIn, tableOf } from './row.ts'

const TIMEOUT_MS = 120_000
const ROUNDS = '200'

process.env.FAULT_ROUNDS ??= ROUNDS
const asked = process.argv.slice(2)
const files = asked.length > 0 ? asked : [...testsIn('test/faults'), 'test/imports/memory.test.ts']
const rows: Row[] = []
for (const file of files) {
  const { failed, costs, output } = await runFiles([join('build', file).replace(/\.ts$/, '.js')], {
    timeoutMs: TIMEOUT_MS,
  })
  console.log(`${failed.length === 0 ? 'ok' : 'not ok'} - ${file} # ${costs[0]?.seconds.toFixed(0)} s`)
  rows.push(...rowsIn(output))
  if (failed.length === 0) continue
  console.log(output)
  process.exitCode = 1
}
console.log(`\n${tableOf(rows)}`)

function testsIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.test.ts'))
    .sort()
    .map((name) => join(folder, name))
}
