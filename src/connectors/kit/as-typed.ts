/** Is not seen, and parts what would otherwise mean something to a target. */
export const ZERO_WIDTH = '\u200b'

const LINK = /(https?:\/\/[^\s<>"'`()[\]{}\\*|^!]+)/i

/**
 * Markdown that shows a text as it was typed: with its lines and its blanks, and links that can be followed.
 * @param opensBlock matches a line, without its indent, that would become something other than a line of text
 * @param plain makes all that is not a link plain; told whether a link follows
 * @param linked writes a link; told what follows it, as it is written
 */
export function asTyped(
  text: string,
  opensBlock: RegExp,
  plain: (part: string, isBeforeLink: boolean) => string,
  linked: (url: string, next: string) => string,
): string {
  function line(typed: string): string {
    const indent = /^[ \t]*/.exec(typed)?.[0] ?? ''
    const rest = typed.slice(indent.length).trimEnd()
    if (rest === '') return ''
    // Four blanks or a tab would make a block of code, in which the escapes show.
    const kept = indent.replace(/\t/g, '    ').replace(/ /g, '\u00a0')
    const parts = rest
      .split(LINK)
      .map((part, index, all) => (index % 2 === 1 ? part : plain(part, index < all.length - 1)))
      .map((part, index, all) => (index % 2 === 1 ? linked(part, all[index + 1] ?? '') : part))
    return `${kept}${opensBlock.test(rest) ? ZERO_WIDTH : ''}${parts.join('')}`
  }
  return printable(text)
    .split('\n')
    .map(line)
    .join('\n')
    .replace(/(?<=[^\n])\n(?=[^\n])/g, '  \n')
}

/** Without control characters, characters that turn the direction of writing, and halves of surrogate pairs. */
export function printable(text: string): string {
  return Buffer.from(text.replace(/\r\n?|[\u2028\u2029]/g, '\n'), 'utf8')
    .toString('utf8')
    .replace(/(?![\t\n])[\p{Cc}\p{Bidi_Control}\ufeff]/gu, '')
}
