import { CommandFailed } from './command-failed.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

/** One request to the admin API, wherever that is. */
export type Ask = (method: Method, path: string, body: object | null) => Promise<RawAnswer>

export interface RawAnswer {
  readonly status: number
  readonly body: string
}

/** An answer of the API that says what is wrong. */
export class ApiProblem extends CommandFailed {
  readonly status: number
  /** The last word of the problem's type, such as `not-found`. */
  readonly type: string
  constructor(status: number, type: string, message: string) {
    super(message)
    this.status = status
    this.type = type
  }
}
