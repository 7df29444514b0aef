import type { Response } from '../../http/send.ts'

/** The answer's body as JSON; undefined when it is none. */
export function jsonOf(answer: Response): unknown {
  try {
    return answer.json()
  } catch {
    return undefined
  }
}
