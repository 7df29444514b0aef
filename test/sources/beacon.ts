import { createHmac } from 'node:crypto'
import { Type } from 'typebox'
import { defineSource, type ReadActivity } from '../../src/sources/contract/source.ts'
import { jsonEvent } from '../../src/sources/kit/json-event.ts'
import { isHmacHex, secretsOfSigning, signingSettings } from '../../src/sources/kit/signature.ts'
import type { Activity, StoryChange } from '../../src/tracker/activity.ts'

export const BEACON_SECRET = 'hailing-frequencies'

/** A tool of this test: its events are lists of what happened to its stories, almost in the relay's words. */
export const beacon = defineSource({
  name: 'beacon',
  title: 'Beacon',
  paste: 'Put it in as the URL.',
  settings: Type.Object({ ...signingSettings('in its settings') }, { additionalProperties: false }),
  configure(settings, project) {
    const secrets = secretsOfSigning(settings)
    if (secrets.length === 0) return [{ setting: 'signing_secret', problem: 'is missing' }]
    return {
      name: 'beacon',
      headers: ['x-beacon-event'],
      home: 'https://beacon.example/',
      verify({ headers, body }) {
        const sent = headers['x-beacon-signature'] ?? ''
        if (isHmacHex('sha256', sent, body, secrets)) return null
        return { reason: 'signature', message: 'x-beacon-signature is not that of the body' }
      },
      async read({ headers, body }, directory) {
        if (headers['x-beacon-event'] === 'ping') return { ignored: 'ping', detail: 'a test of the hook' }
        const { events = [] } = jsonEvent(body, 'Beacon') as { events?: readonly BeaconEvent[] }
        const activities: ReadActivity[] = []
        for (const event of events)
          activities.push(readEvent(event, project.id, (await directory.person(event.by)) ?? event.by))
        return activities.length === 0 ? { ignored: 'no news', detail: 'nothing happened' } : { activities }
      },
    }
  },
})

export interface BeaconEvent {
  readonly id: string
  readonly at: string
  readonly by: string
  readonly story: Partial<StoryChange> & { readonly id: string }
  readonly states?: Readonly<Record<string, string>>
  readonly restores?: true
  readonly url?: string
  readonly label?: string
  readonly text?: string
}

function readEvent(
  { id, at, story, states, restores, url, label, text }: BeaconEvent,
  projectId: string,
  author: string,
) {
  const whole: StoryChange = {
    ...{ change: 'update', name: 'More power', storyType: 'feature', url: `https://beacon.example/${story.id}` },
    ...{ fields: {}, original: {}, comments: [] },
    ...story,
  }
  const activity: Activity = {
    ...{ key: `beacon:${id}`, format: 'json', projectId, projectName: null, version: null, kind: 'story_update' },
    ...{ highlight: null, occurredAt: at, author, authorId: null, description: `${author} touched ${story.id}` },
    ...{ stories: [whole], others: [] },
  }
  const hint = { storyId: story.id }
  return {
    activity,
    ...(states === undefined ? {} : { states }),
    ...(restores === undefined ? {} : { restores }),
    tickets: [
      ...(url === undefined ? [] : [{ ...hint, url }]),
      ...(label === undefined ? [] : [{ ...hint, label }]),
      ...(text === undefined ? [] : [{ ...hint, text }]),
    ],
  }
}

/** A request as Beacon sends it. */
export function beaconRequest(events: readonly BeaconEvent[], secret = BEACON_SECRET) {
  const body = JSON.stringify({ events })
  const signature = createHmac('sha256', secret).update(body).digest('hex')
  return { body, headers: { 'content-type': 'application/json', 'x-beacon-signature': signature } }
}

export const BEACON_PROJECT = {
  id: 'bridge',
  secret: 'a-hook-of-the-bridge',
  source: { type: 'beacon', signing_secret: BEACON_SECRET },
}
