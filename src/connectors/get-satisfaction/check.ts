import type { Finding } from '../contract/connector.ts'
import { ok } from '../kit/finding.ts'
import { type ReadAgainTools, readAgain } from '../kit/read-again.ts'
import { findingOf } from '../kit/setting-error.ts'
import type { Api } from './api.ts'
import { hasMore, isShown } from './stories.ts'

export async function check(api: Api, place: string, tools: ReadAgainTools): Promise<readonly Finding[]> {
  try {
    const page = await readAgain(tools, () => api.topics(1))
    const { length } = page.data
    const topics = hasMore(page, length) ? `${length} newest topics` : `${length} topics`
    return [ok(null, `${place} can be read; ${page.data.filter(isShown).length} of its ${topics} can become stories`)]
  } catch (error) {
    return [findingOf(error)]
  }
}
