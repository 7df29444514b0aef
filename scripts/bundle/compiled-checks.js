import { withSources } from './loaded-sources.js'

/** The code is written by the same copy of ajv, which asks what it compiled for its own classes. */
const SOURCES = `
  export { default as written } from 'ajv/dist/standalone/index.js'
  export { schemasToCompile } from './src/config/checks.ts'
  export { createAjv } from './src/config/compile-check.ts'
  export { loadConnectors } from './src/connectors/registry.ts'
  export { loadSources } from './src/sources/registry.ts'
`

/** In place of src/config/compile-check.ts, which loads ajv. */
const NOTHING_LEFT = `export function compileCheck() { throw new Error('the build has compiled no check for this') }`

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
    onLoad({ filter: /[/\\]src[/\\]config[/\\]compile-check\.ts$/ }, () => ({ contents: NOTHING_LEFT }))
    onResolve({ filter: /^check:/ }, ({ path }) => ({ path: path.slice('check:'.length), namespace: 'check' }))
    onLoad({ filter: /.*/, namespace: 'check' }, async ({ path }) => ({
      contents: (await compiled())[path],
      resolveDir: process.cwd(),
    }))
  },
}

/** The schemas are values of the sources. */
const compile = () =>
  withSources(SOURCES, async ({ written, createAjv, schemasToCompile, loadConnectors, loadSources }) => {
    const ajv = createAjv({ code: { source: true, esm: true } })
    const schemas = Object.entries(schemasToCompile(await loadConnectors(), await loadSources()))
    return Object.fromEntries(schemas.map(([name, schema]) => [name, written.default(ajv, ajv.compile(schema))]))
  })
