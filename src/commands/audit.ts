import type { AuditAnswer } from '../routes/api/audit.ts'
import { type ApiOptions, withApi } from './admin-api.ts'
import { type ListOptions, showPages } from './pages.ts'
import type { Column } from './terminal/table.ts'
import { when } from './terminal/times.ts'

const COLUMNS: readonly Column<AuditAnswer>[] = [
  { header: 'when', value: ({ at }, screen) => when(Date.parse(at), screen) },
  { header: 'who', value: ({ who }) => who },
  { header: 'action', value: ({ action }) => action },
  { header: 'to what', value: ({ subject }) => subject },
  { header: 'result', value: ({ result }) => result, canBeCut: true },
  { header: 'detail', value: ({ detail }) => (detail === null ? '' : JSON.stringify(detail)), canBeCut: true },
]

/** `tracker-relay audit`: who has done what, the newest first. */
export async function listAudit(
  options: ApiOptions & ListOptions & { readonly who?: string; readonly action?: string },
): Promise<void> {
  const { who, action } = options
  await withApi(options, async (api) => {
    await showPages(api, '/audit', { who, action }, options, COLUMNS)
  })
}
