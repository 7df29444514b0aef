import t from 'tap'
import type { ConfiguredSource } from '../../../src/sources/contract/source.ts'
import { hmac, mappedSource, NOW, PROOFS, problemsOf, SIGNING_SECRET } from './mapped-source.ts'

const EXPRESSION = { expression: '{ "occurredAt": at }' }
const BODY = Buffer.from('{"at":"2026-11-24T12:00:00Z","text":"Grüße"}')

const isVerified = (source: ConfiguredSource, headers: Readonly<Record<string, string>>, body = BODY, now = NOW) =>
  source.verify?.({ headers, body }, now) ?? null

t.test('a signed body or signature in which any bit is turned is never accepted', async (t) => {
  for (const [tool, { settings, headers }] of Object.entries(PROOFS)) {
    const source = mappedSource(t, { tool, ...settings })
    const sent = headers(BODY)
    t.equal(isVerified(source, sent), null, tool)
    const accepted: string[] = []
    const [[name, value]] = Object.entries(sent) as [[string, string]]
    if (tool !== 'youtrack')
      for (let at = 0; at < BODY.length * 8; at += 1) {
        const turned = Buffer.from(BODY)
        turned[at >> 3] = (turned[at >> 3] ?? 0) ^ (1 << (at & 7))
        if (isVerified(source, sent, turned) === null) accepted.push(`body, bit ${at}`)
      }
    for (let at = 0; at < value.length * 7; at += 1) {
      const letters = [...value]
      const index = Math.floor(at / 7)
      letters[index] = String.fromCharCode(value.charCodeAt(index) ^ (1 << (at % 7)))
      if (isVerified(source, { [name]: letters.join('') }) === null) accepted.push(`header, bit ${at}`)
    }
    for (const other of ['', value.slice(1), value.slice(0, -1), `${value}0`, value.toUpperCase()])
      if (isVerified(source, { [name]: other }) === null) accepted.push(other)
    t.strictSame(accepted, [], tool)
  }
})

t.test('two secrets are valid while one replaces the other', async (t) => {
  const signature = { header: 'X-Signature' }
  const source = mappedSource(t, { ...EXPRESSION, signature, signing_secrets: ['the-old-secret', 'the-new-secret'] })
  for (const secret of ['the-old-secret', 'the-new-secret'])
    t.equal(isVerified(source, { 'x-signature': hmac(BODY, 'sha256', secret) }), null)
  t.match(isVerified(source, { 'x-signature': hmac(BODY, 'sha256', 'another-secret') }), {
    reason: 'signature',
    message: 'the header X-Signature is not the signature of the body; set the same secret in the tool and here',
  })
  const tokens = mappedSource(t, {
    ...EXPRESSION,
    secret_header: 'X-Token',
    header_secrets: ['the-old-secret', 'the-new-secret'],
  })
  t.equal(isVerified(tokens, { 'x-token': 'the-new-secret' }), null)
  t.match(isVerified(tokens, { 'x-token': 'the-new-secret!' }), { reason: 'signature' })
  t.match(isVerified(tokens, {}), { message: /X-Token is missing/ })
})

t.test('a signature may be in base64, with a prefix, of another hash', async (t) => {
  const { createHmac } = await import('node:crypto')
  const source = mappedSource(t, {
    ...EXPRESSION,
    signing_secret: SIGNING_SECRET,
    signature: { header: 'X-Signature', algorithm: 'sha1', encoding: 'base64', prefix: 'v1,' },
  })
  const right = createHmac('sha1', SIGNING_SECRET).update(BODY).digest('base64')
  t.equal(isVerified(source, { 'x-signature': `v1,${right}` }), null)
  t.match(isVerified(source, { 'x-signature': right }), { message: /does not begin with "v1,"/ })
})

t.test('a signed time must be near now, and cannot be another one', async (t) => {
  const source = mappedSource(t, {
    ...EXPRESSION,
    signing_secret: SIGNING_SECRET,
    signature: { header: 'X-Signature', timestamp_header: 'X-Time', signed: 'v0:{timestamp}:{body}', prefix: 'v0=' },
  })
  const sent = (time: string) => ({
    'x-time': time,
    'x-signature': `v0=${hmac(Buffer.concat([Buffer.from(`v0:${time}:`), BODY]))}`,
  })
  const seconds = NOW.getTime() / 1000
  for (const time of [seconds, seconds - 300, seconds + 300, NOW.getTime()])
    t.equal(isVerified(source, sent(String(time))), null, String(time))
  for (const time of [String(seconds - 301), String(seconds + 301), '', '0', 'soon', '{body}'])
    t.match(isVerified(source, sent(time)), { message: /the time in X-Time is not within 300 s of now/ }, time)
  t.match(isVerified(source, { ...sent(String(seconds - 9999)), 'x-time': String(seconds) }), {
    message: /not the signature/,
  })
  const plain = mappedSource(t, {
    ...EXPRESSION,
    signing_secret: SIGNING_SECRET,
    signature: { header: 'X-Signature', timestamp_header: 'X-Time' },
  })
  const signature = hmac(Buffer.concat([Buffer.from(`${seconds}.`), BODY]))
  t.equal(isVerified(plain, { 'x-time': String(seconds), 'x-signature': signature }), null)
})

t.test('without a secret only that of the URL counts', async (t) => {
  t.equal(mappedSource(t, EXPRESSION).verify, undefined)
  t.equal(mappedSource(t, { tool: 'taiga' }).verify, undefined)
})

t.test('settings that do not go together are told', async (t) => {
  const cases: readonly [settings: object, ...problems: string[]][] = [
    [{ ...EXPRESSION, signing_secret: SIGNING_SECRET }, 'signature.header is missing; signing_secret needs it'],
    [{ ...EXPRESSION, signature: { header: 'x' } }, 'signing_secret is missing; signature needs it'],
    [{ ...EXPRESSION, header_secret: SIGNING_SECRET }, 'secret_header is missing; header_secret needs it'],
    [{ ...EXPRESSION, secret_header: 'x' }, 'header_secret is missing; secret_header needs it'],
    [
      { tool: 'youtrack', signing_secret: SIGNING_SECRET },
      'signing_secret is not for youtrack, which sends a secret in a header; set header_secret instead',
    ],
    [
      { tool: 'taiga', signing_secret: SIGNING_SECRET, signing_secrets: [SIGNING_SECRET] },
      'signing_secrets is a second list of secrets; keep either this or signing_secret',
    ],
    [
      { tool: 'taiga', signing_secret: SIGNING_SECRET, secret_header: 'x', header_secret: SIGNING_SECRET },
      'header_secret is a second kind of verification; keep either a signing secret or a header secret',
    ],
    [
      {
        ...EXPRESSION,
        signing_secret: SIGNING_SECRET,
        signature: { header: 'x', signed: '{timestamp}.{body}' },
      },
      'signature.timestamp_header is missing; {timestamp} in signature.signed needs it',
    ],
    [
      {
        ...EXPRESSION,
        signing_secret: SIGNING_SECRET,
        signature: { header: 'x', timestamp_header: 't', signed: '{body}' },
      },
      'signature.signed must hold {timestamp}, else anybody could change the time',
    ],
  ]
  for (const [settings, ...problems] of cases) t.strictSame(problemsOf(settings), problems)
})
