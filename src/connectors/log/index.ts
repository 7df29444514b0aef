import { Type } from 'typebox'
import { checkedBy, defineConnector } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { announcedStates, announcements } from '../kit/announcements.ts'
import { noticeText } from '../kit/notice-text.ts'
import { roomTemplateProblems } from '../kit/room-template.ts'
import { TOLD, templateSettings } from '../kit/template.ts'
import { lineOf } from './message.ts'

export default defineConnector({
  name: 'log',
  title: 'Log',
  settings: Type.Object(
    {
      publish_new_stories: Type.Boolean({ default: true, description: 'write a line for every new story' }),
      publish_story_state_changes: Type.Boolean({
        default: true,
        description: 'write a line when a story is started, finished, delivered, accepted or rejected',
      }),
      publish_story_comments: Type.Boolean({ default: true, description: 'write a line for every new comment' }),
      templates: templateSettings(
        [...TOLD, 'started', 'finished'],
        'the line that the documentation of the connector shows.',
      ),
    },
    { additionalProperties: false },
  ),
  configure: checkedBy(
    ({ templates }) => roomTemplateProblems(templates),
    (settings) => ({
      notices: true,
      plan: (activity) =>
        announcements(activity, {
          created: settings.publish_new_stories,
          states: settings.publish_story_state_changes ? announcedStates : [],
          comments: settings.publish_story_comments,
        }),
      open: ({ log }) => ({
        async perform({ effect, story, key }) {
          if (effect.kind === 'notice') {
            log.warn({ key }, noticeText(effect))
            return { note: 'logged' }
          }
          if (effect.kind !== 'announce')
            throw new DeliveryError('dead', `the log cannot show an effect of the kind "${effect.kind}"`)
          const line = lineOf(effect, story, settings.templates)
          log.info({ key, storyId: effect.storyId, what: effect.what }, line)
          return { note: `logged: ${line}` }
        },
        async check() {
          return [{ level: 'ok', setting: null, message: "lines go to the relay's own log" }]
        },
      }),
    }),
  ),
})
