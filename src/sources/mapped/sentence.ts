import type { StoryChange } from '../../tracker/activity.ts'

/** In characters. */
const LONGEST_QUOTE = 200

/** What happened, for an expression that says nothing of its own: Ada started "Login"; Ada commented on "Login": ... */
export function sentenceOf(author: string, stories: readonly StoryChange[]): string {
  const who = author === '' ? 'Somebody' : author
  const [first] = stories
  if (first === undefined) return `${who} changed something`
  const others = stories.length === 1 ? '' : ` and ${stories.length - 1} more`
  return `${who} ${deedTo(first)}${others}`
}

function deedTo(story: StoryChange): string {
  const name = `"${story.name ?? story.id}"`
  const [comment] = story.comments
  const deeds = [...verbsOf(story).map((verb) => `${verb} ${name}`)]
  if (comment?.change === 'create')
    deeds.push(`commented on ${name}${comment.text === '' ? '' : `: ${quoted(comment.text)}`}`)
  if (comment?.change === 'update') deeds.push(`edited a comment on ${name}`)
  if (comment?.change === 'delete') deeds.push(`deleted a comment on ${name}`)
  return deeds.length === 0 ? `edited ${name}` : deeds.join(' and ')
}

/** States of which Tracker says that a story was put back into them. */
const MOVES: Readonly<Record<string, string>> = {
  unscheduled: 'moved to the icebox',
  planned: 'planned',
  unstarted: 'moved to the backlog',
}

function verbsOf({ change, fields, deed }: StoryChange): string[] {
  if (change === 'create') return ['created']
  if (change === 'delete') return ['deleted']
  if (deed !== undefined) return [deed]
  const state = fields.currentState ?? null
  return state === null ? [] : [MOVES[state] ?? state]
}

function quoted(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > LONGEST_QUOTE ? `${line.slice(0, LONGEST_QUOTE - 1)}…` : line
}
