/** A zero-width space: it is not seen, but breaks names and addresses. */
const NOTHING = '\u200B'

/**
 * Breaks mentions, topics, cashtags and links with a zero-width space. "#109" is not a topic, since topics have a
 * letter, and "1.5" not an address.
 */
export function inert(text: string): string {
  return text
    .replace(/([@＠])(?=[\p{L}\p{M}\p{N}_])/gu, `$1${NOTHING}`)
    .replace(/([#＃])(?!\uFE0F|\u20E3)(?=[^\s#＃]*[\p{L}\p{M}])/gu, `$1${NOTHING}`)
    .replace(/\$(?=\p{L})/gu, `$$${NOTHING}`)
    .replace(/(?<=\S)\.(?=\p{L})/gu, `.${NOTHING}`)
    .replace(/:(?=\/\/)/g, `:${NOTHING}`)
}
