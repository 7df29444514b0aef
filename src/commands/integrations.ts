import type { IntegrationAnswer, TestAnswer, WholeIntegrationAnswer } from '../routes/api/integrations.ts'
import { type ApiOptions, segment, withApi } from './admin-api.ts'
import { ofIntegration } from './known-integration.ts'
import { print } from './print.ts'
import type { Field } from './terminal/record.ts'
import { type Colour, type Screen, screenFor } from './terminal/screen.ts'
import { showList, showOne } from './terminal/show.ts'
import type { Column } from './terminal/table.ts'
import { when } from './terminal/times.ts'

const COLOURS: Readonly<Record<IntegrationAnswer['standing']['state'], Colour>> = {
  running: 'green',
  held: 'yellow',
  capped: 'yellow',
  paused: 'red',
  'not configured': 'red',
}

const COLUMNS: readonly Column<IntegrationAnswer>[] = [
  { header: 'integration', value: ({ name }) => name },
  { header: 'type', value: ({ type }) => type ?? '' },
  { header: 'state', value: ({ standing }) => standing.state, colour: ({ standing }) => COLOURS[standing.state] },
  { header: 'open', value: ({ open }) => String(open), align: 'right' },
  { header: 'dead', value: ({ deliveries }) => String(deliveries.dead), align: 'right' },
  { header: 'delivered', value: ({ deliveries }) => String(deliveries.delivered), align: 'right' },
  { header: 'last', value: ({ last_success_at: at }, screen) => when(at === null ? null : Date.parse(at), screen) },
  { header: 'how it stands', value: ({ standing }) => standing.sentence, wraps: true },
]

export async function listIntegrations(options: ApiOptions): Promise<void> {
  await withApi(options, async (api) => {
    const { items } = await api.get<{ items: IntegrationAnswer[] }>('/integrations')
    await showList(items, screenFor(options), COLUMNS)
  })
}

export async function showIntegration(name: string, options: ApiOptions): Promise<void> {
  await withApi(options, async (api) => {
    const found = await ofIntegration(api, name, () => api.get<WholeIntegrationAnswer>(pathOf(name)))
    const screen = screenFor(options)
    await showOne(found, screen, () => fieldsOf(found, screen as Screen))
  })
}

export async function pauseIntegration(
  name: string,
  options: ApiOptions & { readonly reason?: string },
): Promise<void> {
  const { reason } = options
  await steer(name, 'pause', reason === undefined ? {} : { reason }, options)
}

export async function resumeIntegration(name: string, options: ApiOptions): Promise<void> {
  await steer(name, 'resume', {}, options)
}

async function steer(name: string, verb: 'pause' | 'resume', body: object, options: ApiOptions): Promise<void> {
  await withApi(options, async (api) => {
    const answer = await ofIntegration(api, name, () =>
      api.send<WholeIntegrationAnswer>('POST', `${pathOf(name)}/${verb}`, body),
    )
    if (options.json === true) print(JSON.stringify(answer, null, 2))
    else print(`${name} is ${verb}d${api.local === null ? '' : '; a running relay notices within seconds'}`)
  })
}

/** `tracker-relay test NAME`. @returns whether nothing is wrong */
export async function testIntegration(name: string, options: ApiOptions): Promise<boolean> {
  return await withApi(options, async (api) => {
    const tried = await ofIntegration(api, name, () => api.send<TestAnswer>('POST', `${pathOf(name)}/test`))
    await showOne(tried, screenFor(options), () => [
      { name, value: tried.message, colour: tried.fine ? 'green' : 'red' },
      ...tried.findings.map(({ level, setting, message }) => ({
        name: setting ?? level,
        value: message,
        colour: LEVELS[level],
      })),
      ...tried.exchanges.map(({ method, url, status, error }) => ({
        name: method,
        value: `${url}: ${status ?? error ?? 'no answer'}`,
      })),
    ])
    return tried.fine
  })
}

const FINDINGS: readonly Column<TestAnswer['findings'][number]>[] = [
  { header: 'result', value: ({ level }) => level, colour: ({ level }) => LEVELS[level] },
  { header: 'setting', value: ({ setting }) => setting ?? '' },
  { header: 'found', value: ({ message }) => message, wraps: true },
]

/** `tracker-relay integrations check NAME`. @returns whether there are no errors */
export async function checkIntegration(name: string, options: ApiOptions): Promise<boolean> {
  return await withApi(options, async (api) => {
    const { findings } = await ofIntegration(api, name, () =>
      api.send<Pick<TestAnswer, 'findings'>>('POST', `${pathOf(name)}/check`),
    )
    await showList(findings, screenFor(options), FINDINGS)
    return findings.every(({ level }) => level !== 'error')
  })
}

const LEVELS = { ok: 'green', warning: 'yellow', error: 'red' } as const

const pathOf = (name: string): string => `/integrations/${segment(name)}`

function fieldsOf(found: WholeIntegrationAnswer, screen: Screen): readonly Field[] {
  const { standing, limits } = found
  const at = (time: string | null): string | null => (time === null ? null : when(Date.parse(time), screen))
  const counts = Object.entries(found.deliveries).flatMap(([state, count]) =>
    count === 0 ? [] : [`${count} ${state}`],
  )
  const perDay = limits.max_per_day === null ? null : `${limits.sent_today ?? 0} of ${limits.max_per_day} sent today`
  return [
    { name: 'integration', value: found.name },
    { name: 'type', value: found.type },
    { name: 'state', value: standing.state, colour: COLOURS[standing.state] },
    { name: 'how it stands', value: standing.sentence },
    { name: 'projects', value: found.projects.length === 0 ? null : found.projects.join(', ') },
    { name: 'deliveries', value: counts.length === 0 ? 'none' : counts.join(', ') },
    { name: 'oldest open', value: at(found.oldest_open_at) },
    { name: 'next digest', value: at(found.next_digest_at) },
    { name: 'last delivered', value: at(found.last_success_at) },
    { name: 'in a minute', value: limits.max_per_minute === null ? null : `${limits.max_per_minute} at most` },
    { name: 'in a day', value: perDay },
    { name: 'settings', value: found.settings === null ? null : JSON.stringify(found.settings, null, 2) },
  ]
}
