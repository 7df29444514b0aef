import type { ActivityAnswer } from '../api/activities.ts'

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
