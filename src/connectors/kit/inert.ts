/** A space of no width: it is not seen, and what it parts is no name and no address any more. */
const NOTHING = '\u200B'

/**
 * Nobody is called, no topic joined, no share named and nothing linked: behind each sign that would do so comes a space
 * of no width. "#109" is no topic, since topics have a letter, and "1.5" no address.
 */
export function inert(text: string): string {
  return text
    .replace(/([@＠])(?=[\p{L}\p{M}\p{N}_])/gu, `$1${NOTHING}`)
    .replace(/([#＃])(?!\uFE0F|\u20E3)(?=[^\s#＃]*[\p{L}\p{M}])/gu, `$1${NOTHING}`)
    .replace(/\$(?=\p{L})/gu, `$$${NOTHING}`)
    .replace(/(?<=\S)\.(?=\p{L})/gu, `.${NOTHING}`)
    .replace(/:(?=\/\/)/g, `:${NOTHING}`)
}
