import type { ExpressionError } from '../../expressions/expression.ts'
import { Activity } from '../../tracker/activity.ts'
import { shown } from '../../tracker/parse-error.ts'
import type { ReadActivity, Reading } from '../contract/source.ts'
import { eventTime } from '../kit/event-time.ts'
import { firstMistake, fitted } from './fitted.ts'
import { Ignored, MappedActivity } from './result.ts'
import { type Telling, toldActivity } from './told.ts'

/** Of one body. */
const MOST_ACTIVITIES = 100

/**
 * What the result of an expression tells.
 * @param body makes an activity itself whose result has no key
 */
export function readingOf(result: unknown, body: string, telling: Telling): Reading {
  if (result === null)
    return refused('the expression gives nothing; let it give an activity, or {"ignored": "no news", "detail": "why"}')
  if (isIgnoring(result)) {
    const ignored = fitted(result, Ignored)
    const mistake = firstMistake(ignored, Ignored, '')
    if (mistake !== null) return refused(mistake)
    const { ignored: reason, detail = reason } = ignored as Ignored
    return { ignored: reason, detail }
  }
  const list = Array.isArray(result) ? result : [result]
  if (list.length === 0)
    return refused('the expression gives an empty list; let it give {"ignored": "no news", "detail": "why"} instead')
  if (list.length > MOST_ACTIVITIES)
    return refused(`the expression gives ${list.length} activities; ${MOST_ACTIVITIES} is the most for one body`)
  const activities: ReadActivity[] = []
  for (const [index, item] of list.entries()) {
    const place = Array.isArray(result) ? `[${index}]` : ''
    const mapped = fitted(item, MappedActivity)
    const mistake = firstMistake(mapped, MappedActivity, place)
    if (mistake !== null) return refused(mistake)
    const { occurredAt } = mapped as MappedActivity
    const time = eventTime(occurredAt)
    if (time === null)
      return refused(
        `${place === '' ? '' : `${place}.`}occurredAt must be a time, such as 2026-11-24T12:00:00Z or milliseconds since 1970 (found ${shown(occurredAt)})`,
      )
    const told = toldActivity(mapped as MappedActivity, time, [body, index], telling)
    const wrong = firstMistake(told.activity, Activity, place)
    if (wrong !== null) return refused(wrong)
    activities.push(told)
  }
  return { activities }
}

function isIgnoring(result: unknown): boolean {
  return typeof result === 'object' && result !== null && 'ignored' in result
}

/** With the line and the column in the expression. */
export function refusedOf(error: ExpressionError): Reading {
  const { problem, place } = error
  const at = place === null ? '' : `, at line ${place.line}, column ${place.column} of it`
  return refused(`the expression ${problem}${at}`)
}

function refused(message: string): Reading {
  return { refused: { reason: 'expression', message } }
}
