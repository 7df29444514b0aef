import { jamesToken, startCampfire } from '../../targets/campfire.ts'
import { benderKey, startOnceCampfire } from '../../targets/once-campfire.ts'
import type { Variant } from '../variant.ts'

export const variants: readonly Variant[] = [
  {
    name: 'campfire-classic',
    connector: 'campfire',
    async start(now) {
      const standIn = await startCampfire({ now })
      return { standIn, settings: { base_url: standIn.url, api_token: jamesToken, room_id: 42 } }
    },
  },
  {
    name: 'campfire-classic-options',
    connector: 'campfire',
    async start(now) {
      const standIn = await startCampfire({ now })
      const publish = { publish_new_stories: false, publish_story_comments: false }
      return { standIn, settings: { base_url: `${standIn.url}/`, api_token: jamesToken, room_id: '43', ...publish } }
    },
  },
  {
    name: 'campfire-once',
    connector: 'campfire',
    async start(now) {
      const standIn = await startOnceCampfire({ now })
      return { standIn, settings: { url: `${standIn.url}/rooms/1`, bot_key: benderKey } }
    },
  },
  {
    name: 'campfire-once-options',
    connector: 'campfire',
    async start(now) {
      const standIn = await startOnceCampfire({ now, version: '1.4.9' })
      const url = `curl -d 'Hello!' ${standIn.url}/rooms/1/${benderKey}/messages`
      return { standIn, settings: { url, publish_story_state_changes: false } }
    },
  },
]
