/** The command line itself is wrong, such as a number that is none: exit code 2. Only its message is shown. */
export class UsageError extends Error {}
