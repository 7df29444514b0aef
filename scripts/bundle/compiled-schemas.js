import { withSources } from './loaded-sources.js'

const SOURCES = `
  export { _ } from 'ajv'
  export { default as written } from 'ajv/dist/standalone/index.js'
  export { default as fastJson } from 'fast-json-stringify'
  export { apiSchemas } from './src/routes/api/document.ts'
  export { createAjv } from './src/routes/api/schema-compilers.ts'
`

/** In place of src/routes/api/schema-compilers.ts, which loads ajv and fast-json-stringify. */
const NOTHING_LEFT = `
  function refuse() { throw new Error('the build has not compiled this schema') }
  export { refuse as compileCheck, refuse as compileWriter }
`

/**
 * Fills src/routes/api/compiled-schemas.ts with the code that is made of the admin API's schemas, with a module for each
 * first part of its paths. Leaves out what compiles schemas, also what comes with Fastify.
 * @type {import('esbuild').Plugin}
 */
export const compiledSchemas = {
  name: 'compiled schemas',
  setup({ onLoad, onResolve }) {
    let modules = null
    const compiled = () => (modules ??= compile())
    onLoad({ filter: /[/\\]src[/\\]routes[/\\]api[/\\]compiled-schemas\.ts$/ }, async () => {
      const names = [...(await compiled()).keys()].filter((name) => !name.includes('/'))
      const loads = names.map((name) => `'${name}': () => import('schemas:${name}')`)
      return { contents: `export const compiledSchemas = { ${loads.join(', ')} }`, resolveDir: process.cwd() }
    })
    onLoad({ filter: /[/\\]src[/\\]routes[/\\]api[/\\]schema-compilers\.ts$/ }, () => ({ contents: NOTHING_LEFT }))
    onLoad({ filter: /[/\\]@fastify[/\\](ajv|fast-json-stringify)-compiler[/\\]index\.js$/ }, () => ({ contents: '' }))
    onResolve({ filter: /^schemas:/ }, ({ path }) => ({ path: path.slice('schemas:'.length), namespace: 'schemas' }))
    onLoad({ filter: /.*/, namespace: 'schemas' }, async ({ path }) => ({
      contents: (await compiled()).get(path),
      resolveDir: process.cwd(),
    }))
  },
}

/** Modules by name: one for each first part of a path, and those that it imports, one for each different schema. */
const compile = () =>
  withSources(SOURCES, async ({ _, written, fastJson, apiSchemas, createAjv }) => {
    const { asked, answered, named } = await apiSchemas()
    const code = { source: true, esm: true, formats: _`require('./src/routes/api/formats.ts').formats` }
    const modules = new Map()
    const parts = new Map()

    function add(place, list, key, contents) {
      const name = [...modules].find(([name, known]) => name.startsWith(`${place}/`) && known === contents)?.[0]
      const found = name ?? `${place}/${modules.size}`
      modules.set(found, contents)
      if (!parts.has(place)) parts.set(place, { checks: [], writers: [] })
      parts.get(place)[list].push([key, found])
    }

    for (const { place, key, schema, isBody } of asked) {
      const ajv = createAjv(isBody, { code })
      add(place, 'checks', key, written.default(ajv, ajv.compile(schema)))
    }
    for (const { place, key, schema } of answered)
      add(place, 'writers', key, fastJson(schema, { schema: named, mode: 'standalone', inlineValidators: true }))
    for (const [place, lists] of parts) {
      const names = [...new Set([...lists.checks, ...lists.writers].map(([, name]) => name))]
      const imports = names.map((name, at) => `import part${at} from 'schemas:${name}'`)
      const table = (entries) => entries.map(([key, name]) => `'${key}': part${names.indexOf(name)}`).join(', ')
      const tables = Object.entries(lists).map(([list, entries]) => `export const ${list} = { ${table(entries)} }`)
      modules.set(place, [...imports, ...tables].join('\n'))
    }
    return modules
  })
