import { readFileSync } from 'node:fs'
import { Validator } from '@seriousme/openapi-schema-validator'
import t from 'tap'
import { apiSchemas, openApiDocument } from '../../../src/routes/api/document.ts'
import { administeredRelay, READER } from './administered.ts'

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }

interface Described {
  readonly operationId: string
  readonly summary: string
  readonly responses: Record<string, { readonly description: string }>
}

t.test('docs/openapi.json is what the routes say', async (t) => {
  const committed: unknown = JSON.parse(readFileSync('docs/openapi.json', 'utf8'))
  t.strictSame(
    JSON.parse(JSON.stringify(await openApiDocument(version))),
    committed,
    'npm run schema brings it up to date',
  )
})

t.test('the document is valid OpenAPI 3.1, and its references lead somewhere', async (t) => {
  const text = readFileSync('docs/openapi.json', 'utf8')
  const judged = async (changed: string): Promise<unknown> => {
    const validator = new Validator()
    const { valid } = await validator.validate(JSON.parse(changed))
    return [validator.version, valid]
  }
  t.strictSame(await judged(text), ['3.1', true])
  t.strictSame(await judged(text.replaceAll('"description":', '"descriptoin":')), ['3.1', false], 'the judge judges')
  const document: unknown = JSON.parse(text)
  const at = (reference: string): unknown =>
    reference
      .split('/')
      .slice(1)
      .reduce<unknown>((found, name) => (found as Record<string, unknown> | undefined)?.[name], document)
  const references = new Set([...text.matchAll(/"\$ref": "([^"]+)"/g)].map(([, reference = '']) => reference))
  t.ok(references.size > 10)
  for (const reference of references) t.type(at(reference), 'object', reference)
})

t.test('no route is missing from the document', async (t) => {
  const { paths } = JSON.parse(readFileSync('docs/openapi.json', 'utf8')) as { paths: Record<string, object> }
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
  )
  // "GET /api/v1/deliveries/:id 200"
  const served = new Set((await apiSchemas()).answered.map(({ key }) => key.split(' ').slice(0, 2).join(' ')))
  t.strictSame([...served].sort(), described.sort())
})

t.test('a request may leave out what has a default', async (t) => {
  const { paths } = JSON.parse(readFileSync('docs/openapi.json', 'utf8')) as { paths: Record<string, object> }
  const required: string[] = []
  const look = (value: unknown, place: string): void => {
    if (typeof value !== 'object' || value === null) return
    const { required: names, properties, schema } = value as Record<string, Record<string, object>>
    if (Array.isArray(names))
      for (const name of names as string[])
        if ('default' in (properties?.[name] ?? {})) required.push(`${place} ${name}`)
    if ((names as unknown) === true && 'default' in (schema ?? {})) required.push(place)
    for (const [key, each] of Object.entries(value)) if (key !== 'responses') look(each, `${place}/${key}`)
  }
  look(paths, '')
  t.strictSame(required, [])
})

t.test('each route has a name of its own, a summary, and words for each of its answers', async (t) => {
  const { paths } = (await openApiDocument(version)) as { paths: Record<string, Record<string, Described>> }
  const all = Object.values(paths).flatMap((methods) => Object.values(methods))
  t.equal(new Set(all.map(({ operationId }) => operationId)).size, all.length)
  for (const { operationId, summary, responses } of all) {
    t.match(summary, /\S/, operationId)
    for (const { description } of Object.values(responses)) t.not(description, 'Default Response', operationId)
  }
})

t.test('the relay serves the document of its own version', async (t) => {
  const { api } = await administeredRelay(t)
  const answer = await api('/openapi.json', { token: READER })
  t.equal(answer.status, 200)
  t.strictSame(answer.json(), JSON.parse(JSON.stringify(await openApiDocument('0.0.0-test'))))
})

t.test('one thing is not sent again to a client that has it already', async (t) => {
  const { api } = await administeredRelay(t)
  const first = await api('/openapi.json')
  const etag = first.headers.get('etag') ?? ''
  t.match(etag, /^"[\w-]{43}"$/)
  const again = await api('/openapi.json', { headers: { 'if-none-match': `"other", W/${etag}` } })
  t.match([again.status, again.text, again.headers.get('etag')], [304, '', etag])
  t.equal((await api('/openapi.json', { headers: { 'if-none-match': '"other"' } })).status, 200)
})
