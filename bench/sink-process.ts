import { end, startChild } from './child.ts'
import type { SelfCheck } from './self-check.ts'
import type { Ask } from './sink.ts'
import type { Expected, Report } from './tally.ts'

export interface Sink {
  readonly origin: string
  /** Begins to count anew. */
  expect(expected: Expecting): Promise<Run>
  close(): Promise<void>
}

export interface Expecting extends Pick<Expected, 'first' | 'count' | 'stories'> {
  readonly targets?: number
  readonly delayMs?: number
  /** How much of it warms up, from 0 to 1. */
  readonly warmUp?: number
  /** How many arrivals end the run, if not all. */
  readonly enough?: number
}

export interface Run {
  /** Resolves with the time at which it was warm. */
  readonly marked: Promise<number>
  /** Resolves with the time of the last arrival. */
  readonly complete: Promise<number>
  /** How many arrive from the first promise to the second. */
  readonly measured: number
  report(): Promise<Report>
}

type Told = { marked: number } | { complete: number } | { stalled: number } | { report: Report } | { ready: true }

export async function startSink(): Promise<Sink> {
  const child = await startChild('sink.js')
  const { origin } = child.first as { origin: string }
  let listener: (told: Told) => void = () => {}
  child.process.on('message', (told: Told) => listener(told))
  const ask = (what: Ask): void => void child.process.send(what)

  return {
    origin,
    async expect({ first, count, stories, targets = 1, delayMs = 0, warmUp = 0.1, enough = count * targets }) {
      const mark = Math.max(1, Math.floor(enough * warmUp))
      const [marked, complete, report, ready] = [
        deferred<number>(),
        deferred<number>(),
        deferred<Report>(),
        deferred<void>(),
      ]
      listener = (told) => {
        if ('ready' in told) ready.resolve()
        if ('marked' in told) marked.resolve(told.marked)
        if ('complete' in told) complete.resolve(told.complete)
        if ('stalled' in told) complete.reject(new Error(`${told.stalled} of ${enough} arrived, and no more came`))
        if ('report' in told) report.resolve(told.report)
      }
      // It may stall when nobody waits for it any more.
      complete.promise.catch(() => {})
      ask({ expect: { first, count, stories, targets, mark, enough }, delayMs })
      await ready.promise
      return {
        marked: marked.promise,
        complete: complete.promise,
        measured: enough - mark,
        async report() {
          ask('report')
          return await report.promise
        },
      }
    },
    close: () => end(child.process),
  }
}

/** Each of them once and in order, and nothing else. */
export function checkArrivals(check: SelfCheck, who: string, report: Report, expected: number): void {
  check.equal(report.arrived, expected, `${who}: each delivery arrived`)
  check.equal(report.duplicates, 0, `${who}: none arrived twice`)
  check.equal(report.misordered, 0, `${who}: those of a story arrived in their order`)
  check.equal(report.unexpected, 0, `${who}: nothing else arrived`)
}

interface Deferred<T> {
  readonly promise: Promise<T>
  resolve(value: T): void
  reject(error: Error): void
}

function deferred<T>(): Deferred<T> {
  let resolve: Deferred<T>['resolve'] = () => {}
  let reject: Deferred<T>['reject'] = () => {}
  const promise = new Promise<T>((settle, fail) => {
    resolve = settle
    reject = fail
  })
  return { promise, resolve, reject }
}
