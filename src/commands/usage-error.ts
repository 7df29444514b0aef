/** A mistake of the caller's; its message is all that is shown. */
export class UsageError extends Error {}
