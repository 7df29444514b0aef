/** Something was found wrong, or not found: exit code 1. Only its message is shown. */
export class CommandFailed extends Error {}
