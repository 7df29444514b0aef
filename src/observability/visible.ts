/** Characters that could begin a line, control a terminal or change the direction of writing. */
const UNSAFE = /[\p{Cc}\p{Bidi_Control}\p{Cs}\p{Zl}\p{Zp}]/gu
const UNSAFE_IN_LINE = /[^\P{Cc}\n]|[\p{Bidi_Control}\p{Cs}\p{Zl}\p{Zp}]/gu

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/**
 * Text from outside as one line that no terminal obeys: what could command it is shown as an escape. Each escape means the
 * same in JSON, so JSON text keeps its values.
 */
export function visible(text: string): string {
  if (!/[^\x20-\x7e]/.test(text)) return text
  return text.replace(UNSAFE, escapeOf)
}

/** The same for text of several lines: its line ends stay. */
export function visibleLines(text: string): string {
  if (!/[^\n\x20-\x7e]/.test(text)) return text
  return text.replace(UNSAFE_IN_LINE, escapeOf)
}

function escapeOf(character: string): string {
  return SHORT[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
