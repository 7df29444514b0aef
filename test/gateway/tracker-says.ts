/** Activities as Tracker's web hook of API v3 sends them, told apart by their number. */

export const PROJECT = '26'

interface Said {
  readonly story: string
  readonly author?: string
  readonly project?: string
}

export const created = (number: number, said: Said & { readonly name: string; readonly type?: string }): string =>
  xml(number, 'story_create', said, `<name>${said.name}</name><story_type>${said.type ?? 'feature'}</story_type>`)

export const changed = (number: number, said: Said & { readonly state: string }): string =>
  xml(number, 'story_update', said, `<current_state>${said.state}</current_state>`)

export const labelled = (number: number, said: Said & { readonly labels: string }): string =>
  xml(number, 'story_update', said, `<labels>${said.labels}</labels>`)

export const commented = (number: number, said: Said & { readonly text: string }): string =>
  xml(
    number,
    'note_create',
    said,
    `<notes type="array"><note><id type="integer">${2000 + number}</id><text>${said.text}</text></note></notes>`,
  )

function xml(number: number, kind: string, { story, author, project }: Said, fields: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<activity>
  <id type="integer">${number}</id>
  <version type="integer">${number}</version>
  <event_type>${kind}</event_type>
  <occurred_at type="datetime">2009/12/14 22:12:09 UTC</occurred_at>
  <author>${author ?? 'James Kirk'}</author>
  <project_id type="integer">${project ?? PROJECT}</project_id>
  <description>${author ?? 'James Kirk'} did something</description>
  <stories type="array"><story><id type="integer">${story}</id>${fields}</story></stories>
</activity>
`
}
