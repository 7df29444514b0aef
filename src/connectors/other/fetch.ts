import type { Response } from '../../http/send.ts'
import type { Tools } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { noAnswerToRead, refusal } from '../kit/answer.ts'
import { type ReadAgainTools, readAgain } from '../kit/read-again.ts'
import { settingError } from '../kit/setting-error.ts'
import type { Access } from './source.ts'

/** Room for 100,000 tickets of some 600 bytes in one answer. */
export const MAX_DOCUMENT_BYTES = 64 * 1024 * 1024
/** A long list takes its time; Tracker gives up after 60 s. */
const LONGEST_ANSWER_MS = 45_000

/** What a program answered, whatever it is. */
export interface Document {
  readonly bytes: Buffer
  readonly contentType: string
  /** The Link header. */
  readonly link: string
}

/**
 * Reads what is at an address, and again where that may help.
 * @param setting names the address
 * @throws {DeliveryError} for whatever is not a whole answer of status 200
 */
export function fetchDocument(access: Access, setting: string, tools: Pick<Tools, 'send' | 'now'> & ReadAgainTools) {
  return readAgain(tools, async (): Promise<Document> => {
    const response = await tools
      .send({
        method: 'GET',
        url: access.url,
        headers: access.headers,
        maxBytes: MAX_DOCUMENT_BYTES,
        timeoutMs: LONGEST_ANSWER_MS,
      })
      .catch(noAnswerToRead)
    const { host } = new URL(access.url)
    if (response.status !== 200) throw refused(response, host, setting, access, tools.now())
    if (response.truncated && response.body.length >= MAX_DOCUMENT_BYTES)
      throw settingError(setting, `${host} sends more than ${MAX_DOCUMENT_BYTES / 1024 / 1024} MiB: let it send less`)
    if (response.truncated)
      throw new DeliveryError('retry', `the answer of ${host} broke off`, { status: 200, targetDown: true })
    const { 'content-type': contentType = '', link = '' } = response.headers
    return { bytes: response.body, contentType, link }
  })
}

function refused(response: Response, host: string, setting: string, { headers }: Access, now: Date): DeliveryError {
  const { status } = response
  if (status === 401 || status === 403) {
    if (headers.authorization?.startsWith('Basic ') === true)
      return settingError(
        'source.password',
        `${host} rejects the login (${status}): check source.username and source.password, and what that user may read`,
        { status },
      )
    return Object.keys(headers).length === 0
      ? settingError(
          'source.username',
          `${host} asks for a login (${status}): set source.username and source.password, or source.headers`,
          { status },
        )
      : settingError('source.headers', `${host} rejects the login (${status}): check source.headers`, { status })
  }
  if (status === 404 || status === 410)
    return settingError(setting, `${host} has nothing at this address (${status}): check ${setting}`, { status })
  if (status >= 300 && status < 400)
    return settingError(
      setting,
      `${host} answered ${status}, a redirect, which is never followed: set ${setting} to the address it points to`,
      { status },
    )
  return refusal(host, response, now)
}
