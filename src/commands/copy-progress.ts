import type { CopyStep } from '../store/copying.ts'
import { createProgress, type Progress } from './terminal/progress.ts'

const MEGABYTE = 1_000_000

/** The bar of a database that is copied. */
export function copyProgress(): { told(step: CopyStep): void } & Pick<Progress, 'clear'> {
  const progress = createProgress({ stream: process.stderr, now: () => performance.now(), unit: 'MB' })
  return {
    told(step) {
      if (step === 'checking') progress.note('checking the copy')
      else progress.show(step.copied / MEGABYTE, step.total / MEGABYTE)
    },
    clear: progress.clear,
  }
}
