import { type ApiOptions, withApi } from './admin-api.ts'
import { print } from './print.ts'

/** `tracker-relay move`: what waits for a renamed or removed integration goes to another one of its type. */
export async function moveDeliveries(
  from: string,
  to: string,
  options: ApiOptions & { readonly type?: string },
): Promise<void> {
  const { type } = options
  await withApi(options, async (api) => {
    const answer = await api.send<{ moved: number }>('POST', '/deliveries/move', {
      ...{ from, to },
      ...(type === undefined ? {} : { type }),
    })
    if (options.json === true) print(JSON.stringify(answer, null, 2))
    else print(`${answer.moved} moved from ${from} to ${to}`)
  })
}
