import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import twitterText from 'twitter-text'
import { postFor } from '../../../src/connectors/kit/post-text.ts'
import twitter from '../../../src/connectors/twitter/index.ts'
import type { Settings } from '../../../src/connectors/twitter/settings.ts'
import { LONGEST_POST, weightedLength } from '../../../src/connectors/twitter/weighted-length.ts'
import { parseActivity } from '../../../src/tracker/parse.ts'
import { configured, jobFor } from '../../harness.ts'
import { RECORDED, storyIn } from '../recorded-activities.ts'
import { filled } from './opened.ts'

const folder = 'test/activities'
const everything = filled({ consumer_key: 'key', consumer_secret: 'secret' })

function postsOf(file: string, settings: Settings): string[] {
  const activity = parseActivity(readFileSync(`${folder}/${file}`))
  return configured(twitter, settings)
    .plan(activity)
    .map((effect) => {
      if (effect.kind !== 'announce') throw new Error(`planned a ${effect.kind}`)
      return postFor('Twitter', jobFor(effect, { story: storyIn(activity, effect.storyId) }), {
        measure: weightedLength,
        longest: LONGEST_POST,
        includeLink: settings.include_link,
        templates: settings.templates,
      })
    })
}

t.test('every RECORDED activity is posted as its file says', async (t) => {
  t.ok(RECORDED.length >= 30)
  for (const { file, name } of RECORDED) {
    const expected = readFileSync(`${folder}/${name}.twitter.txt`, 'utf8')
    const posts = postsOf(file, everything)
    t.equal(posts.map((each) => `${each}\n`).join('---\n'), expected, file)
    for (const post of posts) t.ok(twitterText.parseTweet(post).valid, `${file} is a valid post`)
  }
})

t.test('every expected text belongs to a RECORDED activity', async (t) => {
  const names = RECORDED.map(({ name }) => `${name}.twitter.txt`)
  const texts = readdirSync(folder).filter((file) => file.endsWith('.twitter.txt'))
  t.strictSame(texts.sort(), names.sort())
})

t.test('each of the three switches turns off its own kind of post', async (t) => {
  const all = RECORDED.flatMap(({ file }) => postsOf(file, everything))
  const without = (settings: Partial<Settings>, pattern: RegExp): void => {
    const rest = RECORDED.flatMap(({ file }) => postsOf(file, { ...everything, ...settings }))
    t.ok(all.some((each) => pattern.test(each)))
    t.notOk(rest.some((each) => pattern.test(each)))
  }
  without({ publish_new_stories: false }, /^[^"]+ added \w+ "/)
  without({ publish_story_state_changes: false }, /^[^"]+ (accepted|delivered|rejected) /)
  without({ publish_story_comments: false }, /^[^"]+ commented on |: "/)
})
