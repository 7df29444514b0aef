/** What has to be true whatever the times are; a violation makes the bench fail. */
export interface SelfCheck {
  /** @param promise a sentence that should be true, such as "each 202 is in the store" */
  that(isTrue: boolean, promise: string, found: string): void
  equal(found: number, expected: number, promise: string): void
  readonly made: number
  readonly violations: readonly string[]
}

export function createSelfCheck(tell: (line: string) => void = () => {}): SelfCheck {
  const violations: string[] = []
  let made = 0

  function that(isTrue: boolean, promise: string, found: string): void {
    made += 1
    if (isTrue) return
    violations.push(`${promise}: ${found}`)
    tell(`VIOLATED: ${promise}: ${found}`)
  }

  return {
    that,
    equal: (found, expected, promise) => that(found === expected, promise, `expected ${expected}, found ${found}`),
    get made() {
      return made
    },
    violations,
  }
}
