import type { ValidateFunction } from 'ajv'

/**
 * Compiling the config's schemas takes ajv a fifth of a command's processor time. So the bundle has them compiled, in this
 * module's place (scripts/bundle/compiled-checks.js); elsewhere ajv compiles them when they are used.
 */
export const compiledChecks: Readonly<Partial<Record<string, () => Promise<{ default: ValidateFunction }>>>> = {}
