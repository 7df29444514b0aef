import { DateTime, IANAZone } from 'luxon'
import { Type } from 'typebox'
import type { SettingProblem } from '../contract/connector.ts'

/** When digests are sent: every so many minutes, or at times of the day. */
export const digestSetting = Type.Optional(
  Type.Object(
    {
      every_minutes: Type.Optional(
        Type.Integer({
          minimum: 5,
          maximum: 1440,
          description: 'A digest every so many minutes, counted from midnight UTC: with 60 at each full hour',
          examples: [60],
        }),
      ),
      at: Type.Optional(
        Type.Array(
          Type.String({ pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$', patternErrorMessage: 'a time like 08:00' }),
          {
            minItems: 1,
            maxItems: 24,
            uniqueItems: true,
            description: 'The times of the day at which digests are sent, instead of every_minutes',
            examples: [['08:00', '13:00']],
          },
        ),
      ),
      time_zone: Type.Optional(
        Type.String({
          description: 'The time zone of at; without it UTC',
          examples: ['Europe/Berlin'],
        }),
      ),
    },
    {
      additionalProperties: false,
      description:
        'One digest of what happened, instead of a message for each activity. Times at which nothing has happened are left out',
    },
  ),
)

export interface DigestTimes {
  readonly every_minutes?: number
  readonly at?: readonly string[]
  readonly time_zone?: string
}

export function digestProblems(times: DigestTimes | undefined): SettingProblem[] {
  if (times === undefined) return []
  const { every_minutes, at, time_zone } = times
  if ((every_minutes === undefined) === (at === undefined))
    return [{ setting: 'digest', problem: 'needs either every_minutes or at' }]
  if (time_zone === undefined) return []
  if (at === undefined) return [{ setting: 'digest.time_zone', problem: 'goes with at only' }]
  return IANAZone.isValidZone(time_zone)
    ? []
    : [{ setting: 'digest.time_zone', problem: 'must be the name of a time zone, such as Europe/Berlin or UTC' }]
}

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

/** @returns gives the first time at which a digest is sent after another one */
export function digestAfter({ every_minutes, at = [], time_zone = 'UTC' }: DigestTimes): (came: Date) => Date {
  return every_minutes === undefined
    ? (came) => nextTimeOfDay(at, time_zone, came)
    : (came) => nextOfEvery(every_minutes * MINUTE_MS, came.getTime())
}

/** Midnight ends the last one of the day, so that the times are the same on each day. */
function nextOfEvery(ms: number, came: number): Date {
  const midnight = came - (came % DAY_MS)
  const next = midnight + (Math.floor((came - midnight) / ms) + 1) * ms
  return new Date(Math.min(next, midnight + DAY_MS))
}

/** A time that the clock leaves out when it is put forward comes an hour later. */
function nextTimeOfDay(at: readonly string[], zone: string, came: Date): Date {
  const today = DateTime.fromJSDate(came, { zone }).startOf('day')
  const times = [0, 1].flatMap((days) =>
    at.map((time) => {
      const [hour = 0, minute = 0] = time.split(':').map(Number)
      return today.plus({ days }).set({ hour, minute }).toMillis()
    }),
  )
  const next = Math.min(...times.filter((time) => time > came.getTime()))
  return new Date(Number.isFinite(next) ? next : came.getTime() + DAY_MS)
}
