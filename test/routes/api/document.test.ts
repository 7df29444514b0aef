import { readFileSync } from 'node:fs'
import t from 'tap'
import { openApiDocument } from '../../../src/routes/api/document.ts'
import { administeredRelay, READER } from './administered.ts'

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }

t.test('docs/openapi.json is what the routes say', async (t) => {
  const committed: unknown = JSON.parse(readFileSync('docs/openapi.json', 'utf8'))
  t.strictSame(
    JSON.parse(JSON.stringify(await openApiDocument(version))),
    committed,
    'npm run schema brings it up to date',
  )
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
