import type { ActivityAnswer } from '../api/activities.ts'
import type { PageApi } from './page-api.ts'

/** Tracker's own sentence; of a body that cannot be read any more only the kind is known. */
export function sentenceOf({ sentence, kind, stories }: Pick<ActivityAnswer, 'sentence' | 'kind' | 'stories'>): string {
  if (sentence !== null && sentence.trim() !== '') return sentence
  const [story] = stories
  return story === undefined ? kind : `${kind} of story ${story.id}`
}

export function nameOf(project: string, name: string | undefined): string {
  return name === undefined || name === '' || name === project ? project : `${project} ${name}`
}

export function counted(count: number, one: string, several: string): string {
  return `${count} ${count === 1 ? one : several}`
}

/** Tracker's sentences by the numbers of activities. */
export type Sentences = ReadonlyMap<number, string>

export async function sentencesOf(api: PageApi, of: readonly { readonly activity: number }[]): Promise<Sentences> {
  const ids = [...new Set(of.map(({ activity }) => activity))]
  if (ids.length === 0) return new Map()
  const { items } = await api.get<{ items: readonly ActivityAnswer[] }>('/activities', {
    ...{ ids: ids.join(','), limit: ids.length, fields: 'sentence,kind,stories' },
  })
  return new Map(items.map((one) => [one.id, sentenceOf(one)]))
}
