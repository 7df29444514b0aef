import { type Campfire, jamesToken, startCampfire } from '../../../src/stand-ins/campfire.ts'
import { benderKey, type OnceCampfire, startOnceCampfire } from '../../../src/stand-ins/once-campfire.ts'
import { latestOf, type Place, type Variant } from '../variant.ts'

const room = (standIn: Campfire, id: number): Place => ({
  written: () => standIn.messages(id).length,
  copies() {
    const { user_id, body } = latestOf(standIn.messages(id))
    return { ours: () => String(standIn.say(id, user_id, body).id), others: () => void standIn.say(id, 7, body) }
  },
})

const onceRoom = (standIn: OnceCampfire): Place => ({
  written: () => standIn.messages(1).length,
  copies() {
    const { creatorId, html } = latestOf(standIn.messages(1))
    return { ours: () => String(standIn.write(1, creatorId, html).id), others: () => void standIn.write(1, 1, html) }
  },
})

/** What an operator might write, with what each place could take for markup. */
const templates = {
  created: '<New> @{author} {what} {story} & {link}',
  accepted: '{story} is done[: {text}] *thanks*, {author}',
  commented: '{author} on {story}[: {text}]',
}

export const variants: readonly Variant[] = [
  {
    name: 'campfire-classic',
    connector: 'campfire',
    async start(now) {
      const standIn = await startCampfire({ now })
      const settings = { base_url: standIn.url, api_token: jamesToken, room_id: 42 }
      return { standIn, place: room(standIn, 42), settings }
    },
  },
  {
    name: 'campfire-classic-options',
    connector: 'campfire',
    async start(now) {
      const standIn = await startCampfire({ now })
      const publish = { publish_new_stories: false, publish_story_comments: false }
      const settings = { base_url: `${standIn.url}/`, api_token: jamesToken, room_id: '43', ...publish }
      return { standIn, place: room(standIn, 43), settings }
    },
  },
  {
    name: 'campfire-once',
    connector: 'campfire',
    async start(now) {
      const standIn = await startOnceCampfire({ now })
      return { standIn, place: onceRoom(standIn), settings: { url: `${standIn.url}/rooms/1`, bot_key: benderKey } }
    },
  },
  {
    name: 'campfire-once-options',
    connector: 'campfire',
    async start(now) {
      const standIn = await startOnceCampfire({ now, version: '1.4.9' })
      const url = `curl -d 'Hello!' ${standIn.url}/rooms/1/${benderKey}/messages`
      const { written } = onceRoom(standIn)
      const place: Place = { written, isNotAsked: 'a repeat is another message' }
      return { standIn, place, settings: { url, publish_story_state_changes: false } }
    },
  },
  {
    name: 'campfire-once-templates',
    connector: 'campfire',
    async start(now) {
      const standIn = await startOnceCampfire({ now })
      const url = `${standIn.url}/rooms/1`
      return { standIn, place: onceRoom(standIn), settings: { url, bot_key: benderKey, templates } }
    },
  },
  {
    name: 'campfire-classic-templates',
    connector: 'campfire',
    async start(now) {
      const standIn = await startCampfire({ now })
      const settings = { base_url: standIn.url, api_token: jamesToken, room_id: 42, templates }
      return { standIn, place: room(standIn, 42), settings }
    },
  },
]
