import twitterText from 'twitter-text'
import { startTwitter as start, type Twitter, type TwitterOptions } from '../../src/stand-ins/twitter.ts'
import type { PostReader } from '../../src/stand-ins/twitter-posts.ts'

export * from '../../src/stand-ins/twitter.ts'

const readByLibrary: PostReader = {
  read(text) {
    const { valid, weightedLength } = twitterText.parseTweet(text)
    return { isValid: valid, length: weightedLength }
  },
  linksIn: (text) => twitterText.extractUrls(text),
  cashtagsIn: (text) => twitterText.extractCashtags(text),
}

/** Reads posts by X's own library. */
export async function startTwitter(options: TwitterOptions = {}): Promise<Twitter> {
  return await start({ reader: readByLibrary, ...options })
}
