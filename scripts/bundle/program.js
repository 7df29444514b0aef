// node scripts/bundle/program.js FOLDER [FILE...]: makes the program, with its libraries, in a few files of FOLDER, and in the
// same way what starts with FILE, for tests. As they are written, a command would open and compile hundreds of small files,
// which took most of its time; see docs/decisions/012.
import { rmSync } from 'node:fs'
import { basename } from 'node:path'
import { build } from 'esbuild'
import { compiledChecks } from './compiled-checks.js'
import { compiledSchemas } from './compiled-schemas.js'
import { BUNDLING } from './options.js'

const [, , folder, ...others] = process.argv
if (folder === undefined) throw new Error('name the folder: dist or build/program')

rmSync(folder, { recursive: true, force: true })
await build({
  ...BUNDLING,
  // Threads and processes lie beside what starts them, and that is in chunks.
  entryPoints: [
    { in: 'src/main.ts', out: 'main' },
    { in: 'src/health.ts', out: 'health' },
    { in: 'src/store/store-thread.ts', out: 'lib/store-thread' },
    { in: 'src/store/dialect/examiner-process.ts', out: 'lib/examiner-process' },
    { in: 'src/expressions/evaluator-process.ts', out: 'lib/evaluator-process' },
    { in: 'src/connectors/other/documents/documents-process.ts', out: 'lib/documents-process' },
    ...others.map((file) => ({ in: file, out: basename(file, '.ts') })),
  ],
  outdir: folder,
  plugins: [compiledChecks, compiledSchemas],
  chunkNames: 'lib/[name]-[hash]',
})
