import { visible } from '../observability/visible.ts'
import { CommandFailed } from './command-failed.ts'
import { type ConfigOptions, wholeNumber, withStore } from './environment.ts'
import { list } from './listing.ts'
import { complain, print, printContent } from './print.ts'

export async function listRejected(options: ConfigOptions & { limit?: string; json?: boolean }): Promise<void> {
  await withStore(options, async (store) => {
    const limit = wholeNumber(options.limit ?? '50', '--limit')
    list(
      await store.rejected(limit),
      options.json === true,
      ({ id, projectId, receivedAt, reason, detail, bodyBytes }) =>
        visible(
          `${id}  ${new Date(receivedAt).toISOString()}  project ${projectId}  ${reason}  ${bodyBytes} bytes  ${detail}`,
        ),
    )
  })
}

export async function showRejected(id: string, options: ConfigOptions): Promise<void> {
  await withStore(options, async (store) => {
    const request = /^\d{1,15}$/.test(id) ? await store.rejectedRequest(Number(id)) : null
    if (request === null) throw new CommandFailed(`rejected request ${id} does not exist`)
    for (const [name, value] of Object.entries(request.head)) complain(visible(`${name}: ${value}`))
    printContent(request.body)
  })
}

/** @returns whether all of them were there */
export async function deleteRejected(ids: readonly string[], options: ConfigOptions): Promise<boolean> {
  const chosen = [...new Set(ids.map((id) => wholeNumber(id, 'ID')))]
  return await withStore(options, async (store) => {
    const deleted = await store.forgetRejected(chosen)
    print(`${deleted} deleted`)
    if (chosen.length > deleted) print(`${chosen.length - deleted} unknown`)
    return chosen.length <= deleted
  })
}
