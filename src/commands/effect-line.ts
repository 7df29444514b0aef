import type { Effect } from '../connectors/contract/effect.ts'

/** What a target is told, in one line for people. */
export function effectLine(effect: Effect): string {
  switch (effect.kind) {
    case 'announce':
      return effect.what === 'changed'
        ? `announces that ${effect.author} ${effect.deed ?? 'changed'} story #${effect.storyId}${said(effect.text)}`
        : `announces that story #${effect.storyId} was ${effect.what} by ${effect.author}${said(effect.text)}`
    case 'comment':
      if (effect.change === 'delete') return `deletes the comment of ${effect.author} on story #${effect.storyId}`
      return `${effect.change === 'update' ? 'changes' : 'adds'} the comment of ${effect.author} on story #${effect.storyId}${said(effect.text)}`
    case 'state': {
      const from = effect.from === null ? '' : ` from ${effect.from}`
      return `moves the ticket of story #${effect.storyId}${from} to ${effect.state}, by ${effect.author}`
    }
    case 'forward':
      return 'forwards the activity as it is'
    case 'notice':
      return `tells operators: ${effect.lines.map(({ message }) => message).join('; ')}`
  }
}

function said(text: string | null): string {
  const line = (text ?? '').replace(/\s+/g, ' ').trim()
  return line === '' ? '' : `: "${line}"`
}
