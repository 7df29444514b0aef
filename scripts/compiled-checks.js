import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { BUNDLING } from './bundling.js'

/** The code is written by the same copy of ajv, which asks what it compiled for its own classes. */
const SOURCES = `
  export { default as written } from 'ajv/dist/standalone/index.js'
  export { createAjv, schemasToCompile } from './src/config/checks.ts'
  export { loadConnectors } from './src/connectors/registry.ts'
`

/**
 * Fills src/config/compiled-checks.ts with the code that ajv makes of the config's schemas, each in a module of its own.
 * @type {import('esbuild').Plugin}
 */
export const compiledChecks = {
  name: 'compiled checks',
  setup({ onLoad, onResolve }) {
    let checks = null
    const compiled = () => (checks ??= compile())
    onLoad({ filter: /[/\\]src[/\\]config[/\\]compiled-checks\.ts$/ }, async () => {
      const loads = Object.keys(await compiled()).map((name) => `'${name}': () => import('check:${name}')`)
      return { contents: `export const compiledChecks = { ${loads.join(', ')} }`, resolveDir: process.cwd() }
    })
    onResolve({ filter: /^check:/ }, ({ path }) => ({ path: path.slice('check:'.length), namespace: 'check' }))
    onLoad({ filter: /.*/, namespace: 'check' }, async ({ path }) => ({
      contents: (await compiled())[path],
      resolveDir: process.cwd(),
    }))
  },
}

/** The schemas are values of the sources, so these are bundled and loaded first. */
async function compile() {
  const folder = mkdtempSync(join(tmpdir(), 'schemas-'))
  try {
    const outfile = join(folder, 'schemas.mjs')
    await build({ ...BUNDLING, splitting: false, stdin: { contents: SOURCES, resolveDir: process.cwd() }, outfile })
    const { written, createAjv, schemasToCompile, loadConnectors } = await import(pathToFileURL(outfile).href)
    const ajv = createAjv({ code: { source: true, esm: true } })
    const schemas = Object.entries(schemasToCompile(await loadConnectors()))
    return Object.fromEntries(schemas.map(([name, schema]) => [name, written.default(ajv, ajv.compile(schema))]))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
