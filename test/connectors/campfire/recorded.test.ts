import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import campfire from '../../../src/connectors/campfire/index.ts'
import { messageOf } from '../../../src/connectors/campfire/message.ts'
import type { Settings } from '../../../src/connectors/campfire/settings.ts'
import type { Effect } from '../../../src/connectors/contract/effect.ts'
import type { Activity } from '../../../src/tracker/activity.ts'
import { parseActivity } from '../../../src/tracker/parse.ts'
import { configured } from '../../harness.ts'
import { RECORDED, storyIn } from '../recorded-activities.ts'
import { filled } from './filled.ts'

const folder = 'test/activities'
const everything = filled({ subdomain: 'enterprise', api_token: 'abc', room_id: 42 })

function textOf(effect: Effect, activity: Activity): string {
  if (effect.kind !== 'announce') throw new Error(`planned a ${effect.kind}`)
  return messageOf(effect, storyIn(activity, effect.storyId)).text
}

t.test('a room hears of every RECORDED activity what its file says', async (t) => {
  t.ok(RECORDED.length >= 30)
  for (const { file, name } of RECORDED) {
    const activity = parseActivity(readFileSync(`${folder}/${file}`))
    const messages = configured(campfire, everything)
      .plan(activity)
      .map((effect) => textOf(effect, activity))
    const expected = readFileSync(`${folder}/${name}.campfire.txt`, 'utf8')
    t.equal(messages.map((each) => `${each}\n`).join('---\n'), expected, file)
  }
})

t.test('every expected text belongs to a RECORDED activity', async (t) => {
  const names = RECORDED.map(({ name }) => `${name}.campfire.txt`)
  const texts = readdirSync(folder).filter((file) => file.endsWith('.campfire.txt'))
  t.strictSame(texts.sort(), names.sort())
})

t.test('each of the three switches turns off its own kind of message', async (t) => {
  const heard = (file: string, settings: Partial<Settings>): string[] => {
    const activity = parseActivity(readFileSync(`${folder}/${file}`))
    return configured(campfire, { ...everything, ...settings })
      .plan(activity)
      .map((effect) => textOf(effect, activity))
  }
  const all = RECORDED.flatMap(({ file }) => heard(file, {}))
  const matching = (pattern: RegExp): number => all.filter((each) => pattern.test(each)).length
  const without = (settings: Partial<Settings>, pattern: RegExp): void => {
    const rest = RECORDED.flatMap(({ file }) => heard(file, settings))
    t.ok(matching(pattern) > 0)
    t.equal(rest.filter((each) => pattern.test(each)).length, 0)
  }
  without({ publish_new_stories: false }, /^[^"]+ added \w+ "/)
  without({ publish_story_state_changes: false }, /^[^"]+ (accepted|delivered|rejected) "/)
  without({ publish_story_comments: false }, /^[^"]+ commented on |: "/)
  t.equal(matching(/^[^"]+ (started|finished) "/), 0, 'nobody is told that a story is started or finished')
})
