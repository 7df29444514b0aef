import t from 'tap'
import type { ExternalStory, StoryTypes } from '../../src/connectors/contract/connector.ts'
import { createStoryMapping, type MappingSettings } from '../../src/imports/feed-story.ts'

const JIRA_LIKE = { byType: { bug: 'bug', story: 'feature', task: 'chore' }, otherwise: 'chore' } as const

function mapped(
  story: Partial<ExternalStory>,
  settings: Partial<MappingSettings> = {},
  types: StoryTypes | null = JIRA_LIKE,
) {
  const map = createStoryMapping(settings, types ?? undefined)
  return map({
    externalId: 'ENT-17',
    name: 'More power to shields',
    description: '',
    requestedBy: 'James Kirk',
    createdAt: new Date('2008-12-10T00:00:00.999Z'),
    type: null,
    estimate: null,
    ...story,
  })
}

t.test('a ticket becomes a story by the names of the format', async (t) => {
  t.strictSame(mapped({ type: 'Story', estimate: 3, description: 'They hold for 3 minutes.' }), {
    external_id: 'ENT-17',
    name: 'More power to shields',
    description: 'They hold for 3 minutes.',
    requested_by: 'James Kirk',
    created_at: '2008/12/10 00:00:00 UTC',
    story_type: 'feature',
    estimate: 3,
  })
})

t.test(
  "the system's own types become Tracker's by the config, then by the system, then by what is usual",
  async (t) => {
    const type = (word: string | null, settings?: Partial<MappingSettings>, types?: null) =>
      mapped({ type: word }, settings, types)?.story_type
    t.equal(type('Bug'), 'bug')
    t.equal(type(' TASK '), 'chore')
    t.equal(type('Epic'), 'chore', 'what the system names no type for')
    t.equal(type(null), 'chore')
    t.equal(type('constructor'), 'chore', 'a word that every object knows')
    t.equal(type('Bug', undefined, null), 'feature', 'a system that says nothing of types')
    t.equal(type('Improvement', { types: { IMPROVEMENT: 'feature' } }), 'feature')
    t.equal(type('Bug', { types: { bug: 'release' } }), 'release', 'the config counts more than the system')
    t.equal(type('Bug', { story_type: 'feature' }), 'feature', 'one type for all')
    t.equal(type(null, { story_type: 'bug' }), 'bug')
    t.equal(type('Task', { story_type: 'bug', types: { task: 'chore' } }), 'chore', 'but for those that are named')
  },
)

t.test('an estimate is there only where the ticket has one and the type takes one', async (t) => {
  const estimate = (type: string, points: number | null, settings?: Partial<MappingSettings>) =>
    mapped({ type, estimate: points }, settings)?.estimate
  const all = { estimate_bugs_and_chores: true }
  t.equal(estimate('Story', 0), 0)
  t.equal(estimate('Story', 1e30), null, 'no number of points, and no integer in XML')
  t.equal(estimate('Story', 2.5), 3, 'Tracker knows whole points only')
  t.equal(estimate('Story', -1), null)
  t.equal(estimate('Story', Number.NaN), null)
  t.equal(estimate('Story', Number.POSITIVE_INFINITY), null)
  t.equal(estimate('Story', null), null)
  t.equal(estimate('Bug', 3), null)
  t.equal(estimate('Task', 3), null)
  t.equal(estimate('Bug', 3, all), 3)
  t.equal(estimate('Task', 3, all), 3)
  t.equal(estimate('Task', 3, { ...all, story_type: 'release' }), null, 'a release never takes one')
})

t.test('points that the source tells itself stay on every type, unless the settings say otherwise', async (t) => {
  const types = {
    byType: { bug: 'bug', chore: 'chore', release: 'release' },
    otherwise: 'feature',
    keepsEstimates: true,
  } as const
  const estimates = (settings: Partial<MappingSettings>) =>
    ['feature', 'bug', 'chore', 'release'].map((type) => mapped({ type, estimate: 2 }, settings, types)?.estimate)
  t.strictSame(estimates({}), [2, 2, 2, 2])
  t.strictSame(estimates({ estimate_bugs_and_chores: false }), [2, null, null, null])
  t.strictSame(estimates({ estimate_bugs_and_chores: true }), [2, 2, 2, null])
})

t.test('what XML cannot hold is taken out, and nothing else', async (t) => {
  const controls = Array.from({ length: 0xa0 }, (_, code) => String.fromCharCode(code)).join('')
  const printable = Array.from({ length: 0x5f }, (_, code) => String.fromCharCode(0x20 + code)).join('')
  t.equal(mapped({ description: `<${controls}>` })?.description, `<\t\n\n${printable}\n>`)
  t.equal(mapped({ description: 'a\ud800b\udc00c\ufffed\uffffe' })?.description, 'abcde', 'halves and no characters')
  const kept = '🖖 עברית ‮ \u2028 日本語 é ]]> <![CDATA[ &amp; \ufdd0 \u{10ffff}'
  t.equal(mapped({ description: kept })?.description, kept)
  t.equal(mapped({ description: ' \r\n one\r\n\r\ntwo\rthree\u0085four \n' })?.description, 'one\n\ntwo\nthree\nfour')
})

t.test('a description is cut at 20,000 characters, and none of them in two', async (t) => {
  const cut = (description: string) => mapped({ description })?.description
  t.equal(cut('x'.repeat(20_000)), 'x'.repeat(20_000))
  t.equal(cut('x'.repeat(20_001)), 'x'.repeat(20_000))
  t.equal(cut('🖖'.repeat(20_000)), '🖖'.repeat(20_000))
  t.equal(cut(`x${'🖖'.repeat(25_000)}`), `x${'🖖'.repeat(19_999)}`)
  t.equal(cut(`${'\u0007'.repeat(9)}${'x'.repeat(20_000)}`), 'x'.repeat(20_000), 'what is taken out does not count')
})

t.test('a name is one line and never empty, as is the name of a person', async (t) => {
  t.equal(mapped({ name: ' More\r\npower\tto \u2028 shields\u0007 ' })?.name, 'More power to shields')
  t.equal(mapped({ name: ' \n\u0000 ' })?.name, 'ENT-17')
  t.equal(mapped({ name: 'x'.repeat(6000) })?.name, 'x'.repeat(5000))
  t.equal(mapped({ requestedBy: ' James\nKirk ' })?.requested_by, 'James Kirk')
  t.equal(mapped({ requestedBy: '' })?.requested_by, '')
})

t.test('a ticket without an id is left out, since nothing could be linked to it', async (t) => {
  t.equal(mapped({ externalId: ' \u0000\n' }), null)
  t.equal(mapped({ externalId: ' 17 ' })?.external_id, '17')
})

t.test('a time that does not exist, or that the format cannot show, is left out', async (t) => {
  const time = (createdAt: Date | null) => mapped({ createdAt })?.created_at
  t.equal(time(null), null)
  t.equal(time(new Date('nonsense')), null)
  t.equal(time(new Date('+012008-12-10T00:00:00Z')), null)
  t.equal(time(new Date('1999-12-31T23:59:59+02:00')), '1999/12/31 21:59:59 UTC')
})

t.test('what is too long to be an id fails the list, and is told', async (t) => {
  t.throws(() => mapped({ externalId: 'x'.repeat(501) }), {
    reason: 'source',
    message: /^the id of a ticket is longer than 500 characters: x{40}\.\.\.$/,
  })
})
