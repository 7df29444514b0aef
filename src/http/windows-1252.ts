/** The bytes 128 to 159, after https://encoding.spec.whatwg.org/index-windows-1252.txt. */
const FROM_128 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ'

/** Some versions of Node decode windows-1252 as plain Latin 1 (nodejs/node issue 56542): what such a text should be. */
export function asWindows1252(latin1: string): string {
  return latin1.replace(/[\x80-\x9f]/g, (character) => FROM_128.charAt(character.charCodeAt(0) - 128))
}
