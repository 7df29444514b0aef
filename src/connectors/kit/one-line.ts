/** Foreign text for a message to the operator: on one line, without control characters, at most `most` characters. */
export function oneLine(text: string, most = 200): string {
  const line = text
    .slice(0, 10 * most)
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\s]+/gu, ' ')
    .trim()
  const letters = [...line]
  return letters.length <= most ? line : `${letters.slice(0, most - 1).join('')}…`
}
