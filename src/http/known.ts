/** In characters; what is longer, such as a name that a hostile answer made up, is not remembered. */
const LONGEST = 2048

/** Remembers what was made of each text, for texts that come again and again, up to a limit. */
export class Known<T> {
  readonly #made = new Map<string, T>()
  readonly #make: (text: string) => T
  readonly #most: number

  /** @param make always makes the same of the same text; what it throws is not remembered */
  constructor(make: (text: string) => T, most = 100) {
    this.#make = make
    this.#most = most
  }

  of(text: string): T {
    const known = this.#made.get(text)
    if (known !== undefined) return known
    const made = this.#make(text)
    if (text.length > LONGEST) return made
    if (this.#made.size >= this.#most) this.#made.clear()
    this.#made.set(text, made)
    return made
  }
}
