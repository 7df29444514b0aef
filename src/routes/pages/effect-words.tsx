import type { Effect } from '../../connectors/contract/effect.ts'
import { Note } from './note.tsx'
import type { Sent } from './words-sent.ts'

interface EffectWordsProps {
  readonly effect: Effect
  /** Null or absent: it was not written yet. */
  readonly sent?: Sent | null
}

/** What an effect makes true at its target, and the very words that were sent for it. */
export function EffectWords({ effect, sent = null }: EffectWordsProps) {
  if (sent === null) return <Meaning effect={effect} withText />
  return (
    <>
      <Meaning effect={effect} withText={false} />
      {/* The activity itself stands beside, as it came. */}
      {effect.kind === 'forward' || sent.words === '' ? null : (
        <p class="quote">
          <Note text={shortened(sent.words)} />
        </p>
      )}
      <p class="soft request">
        {sent.isThere ? 'Sent as' : 'Tried as'} <code>{sent.request}</code>
      </p>
    </>
  )
}

const LONGEST = 1200

function shortened(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
}

function Meaning({ effect, withText }: { effect: Effect; withText: boolean }) {
  switch (effect.kind) {
    case 'announce':
      return (
        <>
          <p>
            Announces: {effect.author} {effect.what === 'commented' ? 'commented on' : (effect.deed ?? effect.what)}{' '}
            story {effect.storyId}.
          </p>
          <Quote text={withText ? effect.text : null} />
        </>
      )
    case 'comment':
      return (
        <>
          <p>
            {effect.change === 'delete' ? 'Deletes' : effect.change === 'update' ? 'Changes' : 'Writes'} a comment of{' '}
            {effect.author} on the ticket of story {effect.storyId}.
          </p>
          <Quote text={withText ? effect.text : null} />
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
