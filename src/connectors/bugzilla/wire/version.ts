export interface Version {
  /** Digits only: "5.2" for "5.2+". */
  readonly text: string
  readonly major: number
  readonly minor: number
}

/** Mozilla's own Bugzilla counts by days: "20240101.1" is later than all others. */
export function parseVersion(said: unknown): Version | null {
  const found = typeof said === 'string' ? /^(\d{1,8})\.(\d{1,8})(?:\.\d{1,8})*/.exec(said) : null
  if (found === null) return null
  return { text: found[0], major: Number(found[1]), minor: Number(found[2]) }
}

export function atLeast(version: Version, major: number, minor: number): boolean {
  return version.major > major || (version.major === major && version.minor >= minor)
}
