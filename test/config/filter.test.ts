import t from 'tap'
import { load, problems } from './loading.ts'

const yaml = (filter: string): string => `projects: [{ id: a, secret: long-enough-for-all, integrations: [a] }]
integrations:
  a: { type: room, subdomain: s, api_token: long-enough, filter: ${filter} }
`

t.test('any integration may have a filter', async (t) => {
  const filter = '{ kinds: ["story_*"], story_types: [bug], labels: [urgent], not_authors: [Sync Robot] }'
  const { config } = load(yaml(filter))
  t.match(config.integrations[0]?.filter, {
    kinds: { only: ['story_*'], not: [] },
    authors: { only: null, not: ['Sync Robot'] },
    story: { story_types: { only: ['bug'] }, labels: { only: ['urgent'] } },
  })
  t.equal(load(yaml('{}')).config.integrations[0]?.filter, null)
  t.equal(load(yaml('{ kinds: ["*"] }')).config.integrations[0]?.filter?.story, null)
})

t.test('a word that there is not is told with the one that was meant', async (t) => {
  const at = 'integrations.a.filter'
  t.match(problems(yaml('{ states: [acepted] }')), [
    /integrations\.a\.filter\.states\[0\] must be one of "unscheduled", .+ \(found "acepted"\).*accepted/,
  ])
  t.match(problems(yaml('{ not_story_types: [bugs] }')), [/not_story_types\[0\] must be one of .+bug/])
  t.match(problems(yaml('{ kinds: [story_updated] }')), [
    /filter\.kinds\[0\] must be a kind of activity, such as .+found "story_updated".*story_update/,
  ])
  t.match(problems(yaml('{ kinds: ["storys_*"] }')), [/filter\.kinds\[0\] must be a kind of activity/])
  t.match(problems(yaml('{ label: [urgent] }')), [new RegExp(`${at}\\.label is not a known setting.*labels`)])
  t.match(problems(yaml('{ labels: [] }')), [/filter\.labels must/])
  t.match(problems(yaml('{ labels: [" urgent"] }')), [/filter\.labels\[0\] must be text without blanks around it/])
})

t.test('what is wanted and not wanted at once is a problem', async (t) => {
  t.match(problems(yaml('{ labels: [urgent], not_labels: [Urgent] }')), [
    /filter\.not_labels\[0\] must be other than those of labels \(found "Urgent" in both\)/,
  ])
})
