import stringWidth from 'string-width'

/** How many columns of a terminal a line of text takes: Chinese, Japanese and Korean characters and emoji take two. */
export function exactWidth(text: string): number {
  return stringWidth(text, { countAnsiEscapeCodes: true })
}
