/** The caller's mistake; only its message is shown. */
export class UsageError extends Error {}
