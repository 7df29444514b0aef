import type { OpenedPanel } from './import-panel.ts'
import type { Verdict } from './verdict.ts'

/** A day as far as it was played. */
export interface PlayedDay {
  /** Whose day it was. */
  readonly title: string
  readonly taken: number
  readonly total: number
}

export interface Judged {
  readonly days: readonly PlayedDay[]
  readonly verdicts: readonly Verdict[]
  readonly panels: readonly OpenedPanel[]
  /** How long the days took. */
  readonly seconds: string
}

/** A sentence each; none when everything went as it should. */
export function problemsOf({ days, verdicts, panels }: Omit<Judged, 'seconds'>): readonly string[] {
  return [
    ...days.flatMap(({ title, taken, total }) =>
      taken === total ? [] : [`the time was up when ${taken} of ${total} activities of ${title} were played`],
    ),
    ...verdicts.flatMap((each) => each.problems.map((problem) => `${each.integration}: ${problem}`)),
    ...panels.flatMap(({ target, problems }) => problems.map((problem) => `${target.name}: ${problem}`)),
  ]
}

/** For programs; what the words of an integration mean stands at `Verdict`. */
export function resultOf({ days, verdicts, panels, seconds }: Judged, problems: readonly string[]): object {
  return {
    landed: problems.length === 0,
    problems,
    activities: activitiesOf(days),
    days: days.map(({ title, taken }) => ({ source: title, activities: taken })),
    seconds: Number(seconds),
    integrations: verdicts.map(({ notLinked, inOrder, tooLate, problems: _, ...each }) => ({
      ...each,
      not_linked: notLinked,
      too_late: tooLate,
      in_order: inOrder,
    })),
    imports: panels.map(({ target, stories }) => ({ integration: target.name, stories })),
  }
}

/** The last line of a demo that ended well. */
export function good({ days, verdicts, panels, seconds }: Judged): string {
  const sum = (of: (verdict: Verdict) => number): number => verdicts.reduce((total, each) => total + of(each), 0)
  const arrivals = sum(({ received }) => received)
  const imports = panels.reduce((total, { stories }) => total + stories.length, 0)
  const [superseded, late, dead] = [
    sum((each) => each.superseded),
    sum((each) => each.tooLate),
    sum((each) => each.dead),
  ]
  const exceptions = `as expected ${superseded} superseded, ${late} too late and ${dead} dead`
  return `Everything landed, once and in order: ${activitiesOf(days)} activities, ${arrivals} arrivals, ${imports} tickets to import, ${exceptions}, ${seconds} seconds.`
}

const activitiesOf = (days: readonly PlayedDay[]): number => days.reduce((sum, { taken }) => sum + taken, 0)
