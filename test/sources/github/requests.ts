import { createHmac } from 'node:crypto'

export const SECRET = 'a-secret-of-the-web-hook'

/** A request as GitHub sends it. */
export function githubRequest(event: string, payload: object | string | Buffer, secret = SECRET) {
  const body = Buffer.isBuffer(payload) || typeof payload === 'string' ? payload : JSON.stringify(payload)
  return {
    body: body.toString(),
    headers: {
      'content-type': 'application/json',
      'user-agent': 'GitHub-Hookshot/044aadd',
      'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
      'x-github-event': event,
      'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
    },
  }
}
