import t from 'tap'
import type { ConfiguredSource, HookRequest } from '../../src/sources/contract/source.ts'

/** No byte of a signed request can be another one: neither of the body nor of its signature. */
export function testFlippedBytes(
  source: ConfiguredSource,
  requests: readonly HookRequest[],
  header: string,
  now: Date,
): void {
  t.test('a signed body of which any bit is turned is never accepted', async (t) => {
    let tried = 0
    const accepted: string[] = []
    for (const [index, { body, headers }] of requests.entries()) {
      // Every bit of the shortest, and one bit of each byte of the others.
      const bits = body.length <= 1000 ? [0, 1, 2, 3, 4, 5, 6, 7] : [index % 8]
      for (let at = 0; at < body.length; at += 1)
        for (const bit of bits) {
          const turned = Buffer.from(body)
          turned[at] = (turned[at] ?? 0) ^ (1 << bit)
          tried += 1
          if (source.verify?.({ headers, body: turned }, now) === null)
            accepted.push(`${index}, byte ${at}, bit ${bit}`)
        }
    }
    t.strictSame(accepted, [])
    t.ok(tried > 10_000, `${tried} were tried`)
  })

  t.test('a signature of which any bit is turned, or any letter is missing, is never accepted', async (t) => {
    const accepted: string[] = []
    for (const { body, headers } of requests) {
      const signature = headers[header] ?? ''
      const others = [...signature].flatMap((letter, at) => [
        ...[0, 1, 2, 3, 4, 5, 6].map(
          (bit) =>
            signature.slice(0, at) + String.fromCharCode(letter.charCodeAt(0) ^ (1 << bit)) + signature.slice(at + 1),
        ),
        signature.slice(0, at) + signature.slice(at + 1),
      ])
      for (const other of [...others, `${signature}0`, ` ${signature}`, signature.toUpperCase()])
        if (source.verify?.({ body, headers: { ...headers, [header]: other } }, now) === null) accepted.push(other)
    }
    t.strictSame(accepted, [])
  })
}
