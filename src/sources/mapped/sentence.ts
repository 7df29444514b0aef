import type { Comment, StoryChange } from '../../tracker/activity.ts'

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
  const name = story.name === null ? `#${story.id}` : `"${story.name}"`
  const [verb] = verbsOf(story)
  const said = saidOn(story.comments[0])
  if (verb === undefined) return said === null ? `edited ${name}` : `${said.what} ${name}${said.words}`
  return `${verb} ${name}${said === null ? '' : ` and ${said.alone}${said.words}`}`
}

function saidOn(comment: Comment | undefined): { what: string; alone: string; words: string } | null {
  if (comment === undefined) return null
  if (comment.change === 'update') return { what: 'edited a comment on', alone: 'edited a comment', words: '' }
  if (comment.change === 'delete') return { what: 'deleted a comment on', alone: 'deleted a comment', words: '' }
  const words = comment.text === '' ? '' : `: ${quoted(comment.text)}`
  return { what: 'commented on', alone: 'commented', words }
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
