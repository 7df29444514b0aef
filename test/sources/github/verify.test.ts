import t from 'tap'
import { NO_DIRECTORY } from '../../../src/sources/contract/source.ts'
import github from '../../../src/sources/github/index.ts'
import { configuredSource } from '../recorded.ts'
import { githubRequest, SECRET } from './requests.ts'

const NOW = new Date('2026-11-24T12:00:00Z')
const source = configuredSource(github, { signing_secret: SECRET })

t.test('GitHub’s own example of a signature is verified', async (t) => {
  // docs.github.com, "Validating webhook deliveries"
  const example = configuredSource(github, { signing_secret: "It's a Secret to Everybody" })
  const headers = { 'x-hub-signature-256': 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17' }
  t.equal(example.verify?.({ headers, body: Buffer.from('Hello, World!') }, NOW), null)
  t.match(example.verify?.({ headers, body: Buffer.from('Hello, World?') }, NOW), { reason: 'signature' })
})

t.test('a request without a signature, or with that of SHA-1 alone, is refused with what to do', async (t) => {
  const { body, headers } = githubRequest('ping', { zen: 'Speak like a human.' })
  const { 'x-hub-signature-256': sha256, ...others } = headers
  const refused = { reason: 'signature', message: /set a secret at the web hook in GitHub/ }
  t.match(source.verify?.({ headers: others, body: Buffer.from(body) }, NOW), refused)
  const sha1 = { ...others, 'x-hub-signature': `sha1=${sha256.slice(7, 47)}` }
  t.match(source.verify?.({ headers: sha1, body: Buffer.from(body) }, NOW), refused)
})

t.test('a hook that sends forms is read too', async (t) => {
  const json = JSON.stringify({ zen: 'Non-blocking is better than blocking. 100 % & more' })
  const { body, headers } = githubRequest('ping', `payload=${encodeURIComponent(json)}`)
  const request = { headers, body: Buffer.from(body) }
  t.equal(source.verify?.(request, NOW), null)
  t.match(await source.read(request, NO_DIRECTORY), { ignored: 'ping', detail: /100 % & more/ })
})

t.test('a body that is handed in again without its head is known by what it is', async (t) => {
  const read = async (payload: object) =>
    await source.read({ headers: {}, body: Buffer.from(JSON.stringify(payload)) }, NO_DIRECTORY)
  t.match(await read({ zen: 'x', hook_id: 1 }), { ignored: 'ping' })
  t.match(await read({ action: 'edited', projects_v2_item: {} }), { ignored: 'no story' })
  t.match(await read({ action: 'created', issue: { id: 1, pull_request: {} }, comment: {} }), { ignored: 'no story' })
  t.match(await read({ action: 'pinned', issue: { id: 1 } }), { ignored: 'no news' })
})

t.test('what is no request of GitHub is refused as such', async (t) => {
  for (const body of ['hello', '[]', '{"issue":{}}', '{"action":"closed","issue":{"state":"closed"}}'])
    await t.rejects(async () =>
      source.read({ headers: { 'x-github-event': 'issues' }, body: Buffer.from(body) }, NO_DIRECTORY),
    )
})
