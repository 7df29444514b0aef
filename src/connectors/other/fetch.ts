import type { Tools } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { noAnswerToRead } from '../kit/answer.ts'
import { type ReadAgainTools, readAgain } from '../kit/read-again.ts'
import { settingError } from '../kit/setting-error.ts'
import { refused } from './refusal.ts'
import type { Endpoint } from './source.ts'

/** Enough for 100,000 tickets of some 600 bytes. */
const MAX_DOCUMENT_BYTES = 64 * 1024 * 1024

export type FetchTools = Pick<Tools, 'send' | 'now' | 'timeoutMs'> & ReadAgainTools

export interface Document {
  readonly bytes: Buffer
  readonly contentType: string
  readonly link: string
}

/**
 * @param setting names the URL
 * @throws {DeliveryError} for anything but a complete answer of status 200
 */
export function fetchDocument(endpoint: Endpoint, setting: string, tools: FetchTools): Promise<Document> {
  return readAgain(tools, async () => {
    const { url, headers } = endpoint
    const request = { method: 'GET', url, headers, maxBytes: MAX_DOCUMENT_BYTES } as const
    const response = await tools.send(request).catch(noAnswerToRead)
    if (response.status !== 200) throw refused(response, endpoint, setting, tools.now())
    const { host } = new URL(url)
    if (response.truncated && response.body.length >= MAX_DOCUMENT_BYTES)
      throw settingError(setting, `${host} sends more than ${MAX_DOCUMENT_BYTES / 1024 / 1024} MiB: let it send less`)
    if (response.truncated)
      throw new DeliveryError('retry', `the answer of ${host} broke off`, { status: 200, targetDown: true })
    const { 'content-type': contentType = '', link = '' } = response.headers
    return { bytes: response.body, contentType, link }
  })
}
