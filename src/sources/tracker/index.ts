import { Type } from 'typebox'
import { activitiesIn } from '../../tracker/list.ts'
import { parseActivity } from '../../tracker/parse.ts'
import { type ConfiguredSource, defineSource, type SourceProject } from '../contract/source.ts'

/** Tracker's own activity web hooks, XML v2 and v3 and JSON v5, one or a list of them. They are not signed. */
const source = defineSource({
  name: 'tracker',
  title: 'Tracker',
  paste:
    'Open the project, then Settings, Integrations (later called Webhooks). Put it into Activity Web Hook as the URL and save. v3 and v5 are both understood.',
  settings: Type.Object({}, { additionalProperties: false }),
  configure: (_settings, project) => trackerSource(project),
})
export default source

export function trackerSource({ id }: Pick<SourceProject, 'id'>): ConfiguredSource {
  // A project with Tracker's own id takes only that project's activities: a hook address pasted into the wrong project
  // would announce its stories to strangers.
  const isTrackers = /^\d+$/.test(id)
  return {
    name: 'tracker',
    headers: [],
    rereads: true,
    split: activitiesIn,
    read({ body }) {
      const activity = parseActivity(body)
      if (!isTrackers || activity.projectId === id) return { activities: [{ activity }] }
      const message = `this hook belongs to project ${id}, but the activity to project ${activity.projectId}; set the hook address of that project in Tracker`
      return { refused: { reason: 'wrong project', message } }
    },
  }
}
