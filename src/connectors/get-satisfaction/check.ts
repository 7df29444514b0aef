import type { Finding } from '../contract/connector.ts'
import { type ReadAgainTools, readAgain } from '../kit/read-again.ts'
import { findingOf } from '../kit/setting-error.ts'
import type { Api } from './api.ts'
import { isFollowed, isShown } from './stories.ts'

export async function check(api: Api, place: string, tools: ReadAgainTools): Promise<readonly Finding[]> {
  try {
    const page = await readAgain(tools, () => api.topics(1))
    const { length } = page.data
    const shown = page.data.filter(isShown).length
    const message = isFollowed(page, length)
      ? `${place} can be read; of its ${length} newest topics ${shown} can become stories`
      : `${place} can be read; of its ${length} topics ${shown} can become stories`
    return [{ level: 'ok', setting: null, message }]
  } catch (error) {
    return [findingOf(error)]
  }
}
