import { createHmac } from 'node:crypto'

const KEY = Buffer.alloc(32, 'a key for this test')
export const SIGNING_TOKEN = `whsec_${KEY.toString('base64')}`
export const SECRET_TOKEN = 'a-secret-token-of-the-hook'

/** A request as GitLab sends it, signed as Standard Webhooks says. */
export function gitlabRequest(
  payload: object | string | Buffer,
  { key = KEY, sentAt = Date.now(), token = SECRET_TOKEN } = {},
) {
  const body = Buffer.isBuffer(payload) || typeof payload === 'string' ? payload.toString() : JSON.stringify(payload)
  const id = '3f9ff1d6-2b3c-4a38-9f0f-1f6a4f9c7e11'
  const time = String(Math.floor(sentAt / 1000))
  const signature = createHmac('sha256', key).update(`${id}.${time}.${body}`).digest('base64')
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'GitLab/19.2.0',
      'idempotency-key': id,
      'x-gitlab-event': 'Issue Hook',
      'x-gitlab-instance': 'https://gitlab.com',
      'x-gitlab-webhook-uuid': '02affd2d-2cba-4033-917d-ec22d5dc4b38',
      'x-gitlab-token': token,
      'webhook-id': id,
      'webhook-timestamp': time,
      'webhook-signature': `v1,${signature}`,
    },
  }
}
