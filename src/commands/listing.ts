import { complain, print } from './print.ts'

/**
 * Prints each thing as a line for people, or as a JSON object on a line of its own. That there is nothing is said on
 * standard error, so that a program which counts lines gets none.
 */
export function createListing<T>(json: boolean, lineOf: (one: T) => string): { add(one: T): void; end(): void } {
  let isEmpty = true
  return {
    add(one) {
      isEmpty = false
      print(json ? JSON.stringify(one) : lineOf(one))
    },
    end() {
      if (isEmpty && !json) complain('nothing found')
    },
  }
}

export function list<T>(things: readonly T[], json: boolean, lineOf: (one: T) => string): void {
  const listing = createListing(json, lineOf)
  for (const one of things) listing.add(one)
  listing.end()
}
