import type { Tools } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { noAnswerToRead } from '../kit/answer.ts'
import { type ReadAgainTools, readAgain } from '../kit/read-again.ts'
import { settingError } from '../kit/setting-error.ts'
import { refused } from './refusal.ts'
import type { Access } from './source.ts'

/** Room for 100,000 tickets of some 600 bytes in one answer. */
const MAX_DOCUMENT_BYTES = 64 * 1024 * 1024
/** A long list takes its time; Tracker gives up after 60 s. */
const LONGEST_ANSWER_MS = 45_000

export type FetchTools = Pick<Tools, 'send' | 'now'> & ReadAgainTools

/** What a program answered, whatever it is. */
export interface Document {
  readonly bytes: Buffer
  readonly contentType: string
  /** The Link header. */
  readonly link: string
}

/**
 * Reads what is at an address, and again if that may help.
 * @param setting names the address
 * @throws {DeliveryError} for whatever is not a whole answer of status 200
 */
export function fetchDocument(access: Access, setting: string, tools: FetchTools): Promise<Document> {
  return readAgain(tools, async () => {
    const { url, headers } = access
    const limits = { maxBytes: MAX_DOCUMENT_BYTES, timeoutMs: LONGEST_ANSWER_MS }
    const response = await tools.send({ method: 'GET', url, headers, ...limits }).catch(noAnswerToRead)
    if (response.status !== 200) throw refused(response, access, setting, tools.now())
    const { host } = new URL(url)
    if (response.truncated && response.body.length >= MAX_DOCUMENT_BYTES)
      throw settingError(setting, `${host} sends more than ${MAX_DOCUMENT_BYTES / 1024 / 1024} MiB: let it send less`)
    if (response.truncated)
      throw new DeliveryError('retry', `the answer of ${host} broke off`, { status: 200, targetDown: true })
    const { 'content-type': contentType = '', link = '' } = response.headers
    return { bytes: response.body, contentType, link }
  })
}
