import t from 'tap'
import { Value } from 'typebox/value'
import { DeliveryError } from '../../../src/connectors/contract/delivery-error.ts'
import { explanation } from '../../../src/connectors/jira/explanation.ts'
import jira from '../../../src/connectors/jira/index.ts'
import { type Place, placeOf } from '../../../src/connectors/jira/place.ts'
import { generalRefusal, noJira } from '../../../src/connectors/jira/refusal.ts'
import type { Response } from '../../../src/http/send.ts'

const NOW = new Date('2026-11-24T00:00:00Z')

function placeIn(parts: object): Place {
  const settings = Value.Default(jira.settings, { base_url: 'https://acme.atlassian.net', ...parts })
  Value.Assert(jira.settings, settings)
  const place = placeOf(settings)
  if (Array.isArray(place)) throw new Error(JSON.stringify(place))
  return place
}

function response(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: Buffer.from(text),
    truncated: false,
    text: () => text,
    json: () => JSON.parse(text),
  }
}

t.test('a login that JIRA Cloud does not take may be tried again: no CAPTCHA locks it', async (t) => {
  const cloud = placeIn({ api_username: 'relay@acme.example', api_password: 'ATATT3' })
  for (const answer of [
    response(401, { errorMessages: [] }),
    response(200, { permissions: {} }, { 'x-seraph-loginreason': 'AUTHENTICATED_FAILED' }),
    response(404, { errorMessages: [] }, { 'x-seraph-loginreason': 'OK, AUTHENTICATED_FAILED' }),
  ]) {
    const fault = generalRefusal(answer, cloud, NOW, false)
    t.equal(fault?.verdict, 'hold')
    t.match(fault?.message, /api_username is an email address.*api_base_url https:\/\/api\.atlassian\.com\/ex\/jira/)
    t.notMatch(fault?.message, /ATATT3|relay@/)
  }
  const own = placeIn({ base_url: 'https://jira.acme.example', api_username: 'relay', api_password: 'x' })
  t.equal(generalRefusal(response(401, ''), own, NOW, false)?.verdict, 'pause')
})

t.test('an answer that is about the ticket alone is left to the one who asked', async (t) => {
  for (const status of [200, 201, 204, 400, 404, 409, 413, 422])
    t.equal(
      generalRefusal(response(status, { errorMessages: ['x'] }), placeIn({ personal_access_token: 'x' }), NOW, true),
      null,
    )
})

t.test('a wait is never longer than a day, whatever JIRA says', async (t) => {
  const fault = generalRefusal(
    response(429, '', { 'x-ratelimit-reset': '2030-01-01T00:00:00Z' }),
    placeIn({ personal_access_token: 'x' }),
    NOW,
    true,
  )
  t.equal(fault?.retryAfterMs, 24 * 60 * 60 * 1000)
})

t.test("JIRA's words are quoted short, in one line and without our secrets", async (t) => {
  const secret = placeIn({ api_username: 'relay', api_password: 'hunter2' })
  const pair = Buffer.from('relay:hunter2').toString('base64')
  const said = (body: unknown): string => explanation(response(400, body), secret.login)
  t.equal(said({ errorMessages: ['one', 2], errors: { field: 'two' }, message: 'three' }), 'one two three')
  t.equal(said({ errorMessages: [`login hunter2 ${pair}`] }), 'login [secret] [secret]')
  t.equal(said({ errorMessages: ['a\u001b[0m\r\nb\u202ec'] }), 'a [0m b c')
  t.equal([...said({ errorMessages: ['\u{1f600}'.repeat(300)] })].length, 200)
  t.strictSame([said('<html>'), said(null), said([]), said({ errorMessages: null, errors: 7 })], ['', '', '', ''])
})

t.test('a 404 to the question who we are is about the address, unless the login failed', async (t) => {
  const cloud = placeIn({ api_username: 'relay@acme.example', api_password: 'ATATT3' })
  const rejected = generalRefusal(
    response(404, '', { 'x-seraph-loginreason': 'AUTHENTICATED_FAILED' }),
    cloud,
    NOW,
    false,
  )
  t.equal(noJira(rejected, cloud), rejected)
  t.match(rejected, { setting: 'api_password' })
  const dead = new DeliveryError('dead', 'JIRA answered 404', { status: 404 })
  t.match(noJira(dead, cloud), { verdict: 'pause', setting: 'base_url', cause: dead })
})
