import type { Effect } from '../../connectors/contract/effect.ts'

/** What an effect makes true at its target, with its words as they are. */
export function EffectWords({ effect }: { effect: Effect }) {
  switch (effect.kind) {
    case 'announce':
      return (
        <>
          <p>
            Announces: {effect.author} {effect.what === 'commented' ? 'commented on' : effect.what} story{' '}
            {effect.storyId}.
          </p>
          <Quote text={effect.text} />
        </>
      )
    case 'comment':
      return (
        <>
          <p>
            {effect.change === 'delete' ? 'Deletes' : effect.change === 'update' ? 'Changes' : 'Writes'} a comment of{' '}
            {effect.author} on the ticket of story {effect.storyId}.
          </p>
          <Quote text={effect.text} />
        </>
      )
    case 'state':
      return (
        <p>
          Moves the ticket of story {effect.storyId}: {effect.from === null ? '' : `from ${effect.from} `}to{' '}
          <b>{effect.state}</b>, as {effect.author} did.
        </p>
      )
    case 'forward':
      return <p>Passes on the activity itself.</p>
    case 'notice':
      return (
        <ul>
          {effect.lines.map(({ message }) => (
            <li key={message}>{message}</li>
          ))}
        </ul>
      )
  }
}

function Quote({ text }: { text: string | null }) {
  return text === null || text === '' ? null : <p class="quote">{text}</p>
}

/** In a few words, where several stand side by side. */
export function effectTitle(effect: Effect): string {
  switch (effect.kind) {
    case 'announce':
      return `announcement for story ${effect.storyId}`
    case 'comment':
      return `comment for story ${effect.storyId}`
    case 'state':
      return `state ${effect.state} of story ${effect.storyId}`
    case 'forward':
      return 'the activity itself'
    case 'notice':
      return 'notice'
  }
}
