import t from 'tap'
import type { Source } from '../../src/sources/contract/source.ts'
import { loadSources } from '../../src/sources/registry.ts'
import { configuredSource } from './recorded.ts'

const NOW = new Date('2026-11-24T12:00:00Z')
const SECRET = 'analytical-engine'
const SIGNING = { signing_secret: SECRET }
const EXPRESSION = { expression: '{ "occurredAt": at }' }
const CASES: readonly (readonly [name: string, settings: object])[] = [
  ['linear', SIGNING],
  ['shortcut', SIGNING],
  ['github', { signing_secrets: ['difference-engine', SECRET] }],
  ['gitlab', { signing_secret: `whsec_${Buffer.from(SECRET).toString('base64')}` }],
  ['gitlab', { secret_token: 'Ångström-token' }],
  ['gitlab', { ...SIGNING, secret_token: SECRET }],
  ['mapped', { ...SIGNING, tool: 'taiga' }],
  ['mapped', { ...SIGNING, tool: 'openproject' }],
  ['mapped', { ...SIGNING, tool: 'jira' }],
  ['mapped', { header_secret: SECRET, tool: 'youtrack' }],
  ['mapped', { ...EXPRESSION, header_secrets: ['Ångström-token', SECRET], secret_header: 'X-Board-Token' }],
  [
    'mapped',
    { ...EXPRESSION, ...SIGNING, signature: { header: 'X-Sig', encoding: 'base64', timestamp_header: 'X-Time' } },
  ],
  ['mapped', { ...EXPRESSION, ...SIGNING, signature: { header: 'X-Sig', prefix: 'v0=', signed: 'v0:{body}' } }],
]

t.test('what a source signs it also takes, with each of its settings, and with another body it does not', async (t) => {
  const sources = new Map((await loadSources()).map((source): [string, Source] => [source.name, source]))
  for (const [name, settings] of CASES) {
    const source = sources.get(name)
    if (source === undefined) throw new Error(`there is no source ${name}`)
    const { sign, verify } = configuredSource(source, settings)
    const what = `${name} ${JSON.stringify(settings)}`
    const signed = sign?.(Buffer.from('{"webhookTimestamp":1,"text":"é"}'), NOW)
    if (signed === undefined || verify === undefined) throw new Error(`${what} signs nothing`)
    t.equal(verify(signed, NOW), null, what)
    t.match(signed.body.toString(), '"text":"é"')
    const other = { ...signed, body: Buffer.from('{"text":"e"}') }
    const isOverBody = !('header_secret' in settings || 'header_secrets' in settings) && !('secret_token' in settings)
    if (isOverBody) t.match(verify(other, NOW), { reason: 'signature' }, `${what}, another body`)
    t.match(verify({ headers: {}, body: signed.body }, NOW), { reason: 'signature' }, `${what}, without headers`)
  }
  const unsigned = await loadSources(['shortcut'])
  for (const source of unsigned) t.notOk('sign' in configuredSource(source, {}), 'without a secret nothing is signed')
})
