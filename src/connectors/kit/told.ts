import { Type } from 'typebox'
import { Value } from 'typebox/value'
import type { Response } from '../../http/send.ts'
import { jsonOf } from './answer.ts'
import { oneLine } from './one-line.ts'
import { beginsAsWebPage } from './web-page.ts'

const Text = Type.Optional(Type.Unknown())
const Told = Type.Object({ message: Text, error: Text })

/** The target's own short explanation of an error, in one line; empty for a web page, or if there is none. */
export function toldBy(answer: Response): string {
  // Slack calls its one word HTML.
  if (beginsAsWebPage(answer.text())) return ''
  const value = jsonOf(answer)
  return value === undefined ? oneLine(answer.text()) : wordsIn(value)
}

/** `{"message": ...}`, `{"error": ...}` or `{"error": {"message": ...}}` */
function wordsIn(value: unknown): string {
  if (typeof value === 'string') return oneLine(value)
  if (!Value.Check(Told, value)) return ''
  return wordsIn(value.message) || wordsIn(value.error)
}
