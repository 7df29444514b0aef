const DELIMITERS = [',', ';', '\t'] as const

/** The line that tells Excel the delimiter. It stands before the names of the columns. */
export const DELIMITER_LINE = /^(\ufeff?)"?sep=([^"\r\n])"?(?=[\r\n]|$)/i

/**
 * Finds the delimiter: what the first line says, or comma, semicolon (as Excel writes it in much of Europe) or tab. It is the one that separates most
 * of the wanted columns; if two are equal, the one that separates most columns.
 * @param head begins with the line that names the columns
 */
export function delimiterIn(head: string, columns: readonly string[]): string {
  const [, , told] = DELIMITER_LINE.exec(head) ?? []
  if (told !== undefined) return told
  const [line = ''] = head.replace(/^[\ufeff\r\n]+/, '').split(/[\r\n]/, 1)
  const wanted = new Set(columns.map(columnName))
  const counted = DELIMITERS.map((delimiter) => {
    const names = line.split(delimiter).map((name) => columnName(name.replace(/^\s*"(.*)"\s*$/, '$1')))
    return { delimiter, found: names.filter((name) => wanted.has(name)).length, count: names.length }
  })
  const isBetter = (one: (typeof counted)[number], than: (typeof counted)[number]): boolean =>
    one.found === than.found ? one.count > than.count : one.found > than.found
  return counted.reduce((best, each) => (isBetter(each, best) ? each : best)).delimiter
}

/** Makes names comparable: case and white space around them do not matter. */
export function columnName(name: string): string {
  return name.trim().toLowerCase()
}
