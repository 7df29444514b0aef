import type { Command } from 'commander'
import { nearest } from '../config/nearest.ts'

/** What to say about a word behind a noun that is none of its commands. */
export function unknownVerb(noun: Command, word: string): string {
  const verbs = noun.commands.map((command) => command.name())
  const meant = nearest(word, verbs)
  const hint = meant === null ? `; there are: ${verbs.join(', ')}` : `; did you mean ${noun.name()} ${meant}?`
  return `error: unknown command "${noun.name()} ${word}"${hint}`
}
