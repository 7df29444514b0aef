import { Type } from 'typebox'
import type { Response } from '../../http/send.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { jsonAs, refusal } from '../kit/answer.ts'
import { oneLine } from '../kit/one-line.ts'
import { settingError } from '../kit/setting-error.ts'

const Said = Type.Object({
  errcode: Type.String(),
  error: Type.Optional(Type.String()),
  retry_after_ms: Type.Optional(Type.Number({ minimum: 0, maximum: 86_400_000 })),
})

/** spec.matrix.org, Client-Server API, "Standard error response" */
export function refusedBy(answer: Response, now: Date): DeliveryError {
  const { status } = answer
  const told = jsonAs(answer, Said)
  const why = told === null ? '' : oneLine([told.errcode, told.error].filter(Boolean).join(' '))
  const said = `Matrix answered ${status}${why === '' ? '' : `: ${why}`}`
  if (status === 401)
    return settingError('access_token', `${said}; log in again, set the new access_token, then tracker-relay resume`, {
      status,
    })
  if (status === 403)
    return settingError('room', `${said}; let the account join the room and write there, then tracker-relay resume`, {
      status,
    })
  if (status === 404 || status === 405)
    return new DeliveryError('hold', `${said}; check base_url and room`, { status, setting: 'base_url' })
  const error = refusal('Matrix', answer, now, why)
  const retryAfterMs = status === 429 ? (told?.retry_after_ms ?? null) : null
  if (retryAfterMs === null || retryAfterMs <= (error.retryAfterMs ?? 0)) return error
  return new DeliveryError(error.verdict, error.message, { status, retryAfterMs })
}

/** A success that no homeserver would have answered. */
export function notMatrix(verdict: 'hold' | 'in doubt', { status }: Response): DeliveryError {
  const message = `the server answered ${status}, but not as Matrix does; check base_url`
  return new DeliveryError(verdict, message, { status, setting: 'base_url' })
}
