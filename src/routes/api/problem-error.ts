import type { ProblemCode } from '../problems.ts'

/** Thrown in a route of the API, and answered as this problem. */
export class ProblemError extends Error {
  readonly problem: ProblemCode
  constructor(problem: ProblemCode, message: string) {
    super(message)
    this.name = 'ProblemError'
    this.problem = problem
  }
}

/** @throws {ProblemError} if there is nothing */
export function found<T>(value: T | null | undefined, what: string): T {
  if (value !== null && value !== undefined) return value
  throw new ProblemError('not-found', `${what} does not exist`)
}
