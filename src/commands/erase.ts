import type { ErasureAnswer } from '../routes/api/erasures.ts'
import { type ApiOptions, withApi } from './admin-api.ts'
import { canAsk, confirmed } from './confirm.ts'
import { complain, print } from './print.ts'
import type { Field } from './terminal/record.ts'
import { screenFor } from './terminal/screen.ts'
import { showOne } from './terminal/show.ts'
import { UsageError } from './usage-error.ts'

interface EraseOptions extends ApiOptions {
  readonly story?: string
  readonly project?: string
  readonly person?: string
  readonly withOpen?: boolean
  readonly dryRun?: boolean
  readonly yes?: boolean
}

/** `tracker-relay erase`: counts first, and erases only what somebody has agreed to. @returns whether it was done */
export async function erase(options: EraseOptions): Promise<boolean> {
  const { story, project, person, withOpen = false } = options
  const subjects = [story ?? project, person].filter((subject) => subject !== undefined)
  if (subjects.length !== 1)
    throw new UsageError('give one of --story (with its --project, if several have the number), --project and --person')
  const what = {
    ...(story === undefined ? {} : { story: story.replace(/^#/, '') }),
    ...(project === undefined ? {} : { project }),
    ...(person === undefined ? {} : { person }),
    with_open: withOpen,
  }
  return await withApi(options, async (api) => {
    const ask = (isDry: boolean): Promise<ErasureAnswer> => api.send('POST', '/erasures', { ...what, dry_run: isDry })
    if (options.yes !== true || options.dryRun === true) {
      const counted = await ask(true)
      await tell(counted, options)
      if (options.dryRun === true) return true
      if (!canAsk()) throw new UsageError('nothing was erased, these were only counted; say --yes to erase them')
      if (!(await confirmed('Erase all of this? It cannot be undone.'))) {
        complain('nothing was erased')
        return false
      }
    }
    const erased = await ask(false)
    await tell(erased, options)
    if (erased.left > 0)
      complain(`${erased.left} activities are left, since something of them is open; --with-open erases them too`)
    return erased.left === 0
  })
}

async function tell(answer: ErasureAnswer, options: EraseOptions): Promise<void> {
  await showOne(answer, screenFor(options), fieldsOf)
  if (options.json !== true && !answer.dry_run) print('erased')
}

function fieldsOf(answer: ErasureAnswer): readonly Field[] {
  const { dry_run: _, ...counts } = answer
  const names: Readonly<Record<string, string>> = { left: 'activities left', rejected: 'rejected requests' }
  return Object.entries(counts).map(([name, count]) => ({ name: names[name] ?? name, value: String(count) }))
}
