import { readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import t from 'tap'
import { mailOf } from '../../src/connectors/email/message.ts'
import type { Settings } from '../../src/connectors/email/settings.ts'
import { keptInMemory, openConnector } from '../connectors/opened.ts'
import { causeOf, recordedActivities } from '../connectors/recorded-activities.ts'
import { OWN_WORDS } from '../connectors/rooms.ts'

/** It is spoken to over SMTP, so that what is compared is the mail and not a request. */
const VARIANTS = {
  email: {},
  'email-options': {
    threads: false,
    subject_prefix: '',
    publish_new_stories: false,
    to: ['a@ship.example', 'b@ship.example'],
  },
  'email-templates': { threads: false, templates: OWN_WORDS },
}
const NOW = new Date('2026-11-24T06:00:00.000Z')

for (const [name, options] of Object.entries(VARIANTS))
  t.test(`${name} plans and writes what its golden file says`, async (t) => {
    const given = { host: 'smtp.ship.example', from: 'tracker@ship.example', to: ['crew@ship.example'], ...options }
    const opened = openConnector('email', given, { now: () => NOW, log: () => {}, credentials: keptInMemory() })
    t.teardown(opened.close)
    const mails = recordedActivities().map((file) => {
      const cause = causeOf(file)
      const planned = opened.plan(cause.activity).map((each) => ({
        ...each,
        mail: mailOf(
          opened.jobFor(each, cause, { inDoubt: false, ticket: null }),
          opened.settings as Settings,
          'golden',
          NOW,
        ),
      }))
      return [basename(file), planned] as const
    })
    const found = `${JSON.stringify(Object.fromEntries(mails), null, 2)}\n`
    const path = `test/golden/files/${name}.json`
    if (process.env.GOLDEN === 'write') writeFileSync(path, found)
    t.equal(found, readFileSync(path, 'utf8'), 'npm run golden writes what is written now; look at the difference')
  })
