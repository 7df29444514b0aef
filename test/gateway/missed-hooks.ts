import type { Test } from 'tap'
import type { StandIn } from '../../src/stand-ins/stand-in.ts'
import { startJira } from '../targets/jira.ts'
import { eventually } from './eventually.ts'
import { freshFolder, type RelaySetup, type RunningRelay, startRelay } from './running-relay.ts'

export const RHYTHM = { catchUpLookMs: 20, catchUpSoonMs: 100, catchUpLeaseMs: 1000 }

/** A tool, and a relay whose hook it has, with JIRA and a room behind. @param source the settings of the project's source */
export async function systemsOf<Tool extends StandIn>(
  t: Test,
  start: () => Promise<Tool>,
  source: (tool: Tool) => object,
  /** Others that the config has. */
  integrations: (tool: Tool) => RelaySetup['integrations'] = () => ({}),
) {
  const jira = await startJira()
  t.teardown(jira.close)
  const tool = await start()
  t.teardown(tool.close)
  const folder = freshFolder(t)
  const setup = (catch_up: object): RelaySetup => ({
    rhythm: RHYTHM,
    folder,
    projects: [
      {
        ...{ id: 'enterprise', secret: 'a-hook-of-the-enterprise', integrations: ['jira', 'room'] },
        ...{ catch_up, source: source(tool) },
      },
    ],
    integrations: {
      jira: { type: 'jira', base_url: jira.url, api_username: 'relay', api_password: 'correct horse' },
      room: { type: 'log' },
      ...integrations(tool),
    },
  })
  return {
    ...{ jira, tool, folder },
    /** It takes hooks, and asks for nothing. */
    hooked: () => startRelay(t, setup({ every_minutes: 0 })),
    catchingUp: (more: object = {}) => startRelay(t, setup(more)),
  }
}

/** What it logs when all of it is there. */
export async function caughtUp(relay: RunningRelay): Promise<Record<string, unknown>> {
  const lines = () => [...relay.lines('caught up'), ...relay.lines('nothing was missed')]
  const [line] = await eventually(lines, ({ length }) => length > 0, 'it has asked')
  return line ?? {}
}

export async function couldNotAsk(relay: RunningRelay): Promise<Record<string, unknown>> {
  const lines = () => relay.lines('could not ask for what the hook missed')
  const [line] = await eventually(lines, ({ length }) => length > 0, 'it was refused')
  return line ?? {}
}

/** The texts "note ..." of a ticket's comments. */
export const notesIn = (bodies: readonly { readonly body: string }[]): string[] =>
  bodies.flatMap(({ body }) => /note \w+/.exec(body)?.[0] ?? [])

/** The second of two stories was made and got "note early" before all of "note 0" and so on, and was changed after it. */
export async function testTheCut(
  t: Test,
  relay: RunningRelay,
  jira: { comments(key: string): readonly { readonly body: string }[] },
  { fresh, notes }: { readonly fresh: number; readonly notes: number },
): Promise<void> {
  await caughtUp(relay)
  t.ok(relay.lines('caught up in part; the rest follows soon, since catch_up.at_most is reached').length > 0)
  const deliveries = await relay.allSettled((await relay.deliveries()).length)
  const metrics = await relay.metrics()
  t.equal(metrics.get('relay_source_catch_up_activities_total{project="enterprise"}'), fresh)
  t.strictSame(
    notesIn(jira.comments('TEST-1')),
    Array.from({ length: notes }, (_, index) => `note ${index}`),
  )
  t.strictSame(notesIn(jira.comments('TEST-2')), ['note early'])
  const made = deliveries.flatMap(({ note }) => (/(added|created) .*"Shields 2/.test(note ?? '') ? [note] : []))
  t.match(made, [/Shields 2/], 'it was made, once')
}
