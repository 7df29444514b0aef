import campfire from '../../src/connectors/campfire/index.ts'
import jira from '../../src/connectors/jira/index.ts'
import zendesk from '../../src/connectors/zendesk/index.ts'
import type { Project } from '../../src/queue/journal.ts'
import { plan } from '../../src/queue/plan.ts'
import { trackerSource } from '../../src/sources/tracker/index.ts'
import type { Store } from '../../src/store/store.ts'
import { labelsOf } from '../../src/tracker/filter.ts'
import { parseActivity } from '../../src/tracker/parse.ts'
import { PROJECT } from '../gateway/tracker-says.ts'
import { configured } from '../harness.ts'

const KINDS = {
  room: configured(campfire, { base_url: 'https://enterprise.campfirenow.com', api_token: 'x', room_id: 42 }),
  jira: configured(jira, { base_url: 'https://jira.example', api_username: 'relay', api_password: 'secret' }),
  zendesk: configured(zendesk, { url: 'https://enterprise.zendesk.com', oauth_token: 'secret' }),
}

/** A project of the config with these integrations. */
export function projectWith(...names: readonly (keyof typeof KINDS)[]): Project {
  return {
    id: PROJECT,
    ignoreAuthors: [],
    integrations: names.map((name) => ({ name, configured: KINDS[name] })),
    source: trackerSource({ id: PROJECT }),
  }
}

/** Stores an activity with what it causes, as the journal does. @returns its id */
export async function receive(store: Store, body: string, project: Project, receivedAt = 1000): Promise<number> {
  const raw = Buffer.from(body)
  const activity = parseActivity(raw)
  const { id } = await store.append({
    projectId: project.id,
    activity: {
      ...activity,
      stories: activity.stories.map((story) => ({
        ...story,
        state: story.fields.currentState ?? null,
        labels: labelsOf(story.fields),
      })),
    },
    raw,
    contentType: 'application/xml',
    receivedAt,
    deliveries: plan(activity, project.id, project.integrations),
  })
  return id
}
