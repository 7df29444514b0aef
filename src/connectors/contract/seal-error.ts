/** A stored credential that none of the configured keys can decrypt. */
export class SealError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'SealError'
  }
}
