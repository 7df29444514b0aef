import { defineConnector } from '../contract/connector.ts'
import { publishedAnnouncements } from '../kit/announcements.ts'
import { openSession } from './session.ts'
import { examine, Settings } from './settings.ts'

/** Twitter, now X: an account that tells of new stories, of comments, and of what is delivered, accepted or rejected. */
export default defineConnector({
  name: 'twitter',
  title: 'Twitter (X)',
  settings: Settings,
  examine,
  plan: publishedAnnouncements,
  open: openSession,
})
