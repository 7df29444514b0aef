import type { DeliveryAnswer } from '../routes/api/deliveries.ts'
import type { SkipReportAnswer } from '../routes/api/delivery-actions.ts'
import { type AdminApi, type ApiOptions, withApi } from './admin-api.ts'
import { ApiProblem } from './api-answer.ts'
import { canAsk, confirmed } from './confirm.ts'
import { type DeliveryFilters, filtersIn } from './deliveries.ts'
import { wholeNumber } from './environment.ts'
import { refuseUnknownIntegration } from './known-integration.ts'
import { complain, print } from './print.ts'
import { UsageError } from './usage-error.ts'

interface SkipOptions extends ApiOptions, DeliveryFilters {
  readonly state?: readonly string[]
  readonly reason?: string
  readonly yes?: boolean
  readonly dryRun?: boolean
}

/** `tracker-relay skip`: gives deliveries up, so that their stories go on. @returns whether all that was named is skipped */
export async function skipDeliveries(ids: readonly string[], options: SkipOptions): Promise<boolean> {
  const chosen = [...new Set(ids.map((id) => wholeNumber(id, 'ID')))]
  const filters = filtersIn(options)
  const isFiltered = Object.keys(filters).length > 0 || options.state !== undefined
  if (chosen.length > 0 === isFiltered)
    throw new UsageError(
      'give either the ids of deliveries, or filters for many of them, such as --integration NAME or --story ID',
    )
  const { reason = 'skipped by an operator', state: states } = options
  return await withApi(options, async (api) => {
    if (chosen.length > 0 && options.dryRun !== true) return await skipEach(api, chosen, reason, options)
    const selection = {
      ...filters,
      ...(chosen.length === 0 ? {} : { ids: chosen }),
      ...(states === undefined ? {} : { states }),
      reason,
    }
    const ask = (isDry: boolean): Promise<SkipReportAnswer> =>
      api.send('POST', '/deliveries/skip', { ...selection, dry_run: isDry })
    const counted = await ask(true)
    if (counted.total === 0) await refuseUnknownIntegration(api, options.integration)
    if (options.dryRun === true) {
      tell(counted, `${counted.total} would be skipped`, options)
      return chosen.length === 0 || counted.total === chosen.length
    }
    const isWanted = options.yes === true || counted.total === 0 || !canAsk()
    if (!isWanted && !(await confirmed(`Skip ${counted.total} deliveries?`))) {
      complain('nothing was done')
      return false
    }
    const report = await ask(false)
    tell(report, `${report.skipped} skipped`, options)
    if (report.being_delivered === 0) return true
    complain(`${report.being_delivered} are being delivered right now and could not be skipped`)
    return false
  })
}

async function skipEach(
  api: AdminApi,
  ids: readonly number[],
  reason: string,
  { json }: { readonly json?: boolean },
): Promise<boolean> {
  let skipped = 0
  for (const id of ids) {
    try {
      const delivery = await api.send<DeliveryAnswer>('POST', `/deliveries/${id}/skip`, { reason })
      if (json === true) print(JSON.stringify(delivery))
      skipped += 1
    } catch (error) {
      if (!(error instanceof ApiProblem) || (error.status !== 404 && error.status !== 409)) throw error
      complain(error.message)
    }
  }
  if (json !== true) print(`${skipped} skipped`)
  return skipped === ids.length
}

function tell(report: SkipReportAnswer, sentence: string, { json }: SkipOptions): void {
  print(json === true ? JSON.stringify(report, null, 2) : sentence)
}
