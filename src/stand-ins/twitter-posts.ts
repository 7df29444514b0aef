/** How X reads what is posted (docs.x.com, "Counting characters"). */
export interface PostReader {
  /** The length by X's rules, and whether it takes such a text. */
  read(text: string): { readonly isValid: boolean; readonly length: number }
  /** The links in it, as they are written. */
  linksIn(text: string): readonly string[]
  cashtagsIn(text: string): readonly string[]
}

const LONGEST = 280
const LINK = /https?:\/\/\S+/g
/** X replaces every link by one of its own. */
const LINK_LENGTH = 23

/** Counts large letters and emoji twice, and takes for a link only what begins like an address. */
export const readPosts: PostReader = {
  read(text) {
    const words = text.normalize('NFC').replace(LINK, '')
    const links = text.match(LINK)?.length ?? 0
    const length = [...words].reduce((sum, letter) => sum + (isLight(letter) ? 1 : 2), links * LINK_LENGTH)
    return { isValid: length > 0 && length <= LONGEST, length }
  },
  linksIn: (text) => text.match(LINK) ?? [],
  cashtagsIn: (text) => text.match(/(?<!\S)\$[a-z]{1,6}\b/gi) ?? [],
}

function isLight(letter: string): boolean {
  const code = letter.codePointAt(0) ?? 0
  return code <= 0x10ff || (code >= 0x2000 && code <= 0x200d) || (code >= 0x2010 && code <= 0x201f)
}
