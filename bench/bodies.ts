/**
 * What is posted: a state change with a comment, about 1 KB, as Tracker sends it. Each has a number of seven digits, and
 * carries it as a marker, which every sender forwards, so that the sink recognises what arrives.
 */
export const MARKER = 'bench-'
export const NUMBER_DIGITS = 7
/** The first number and the first story's id: both keep seven digits however long the bench runs. */
export const FIRST_NUMBER = 1_000_000
export const FIRST_STORY = 5_000_000

/** Divisible by every number of connections, so that each story is posted by one connection, in order. */
export const STORIES = 512

export type Format = 'xml' | 'json'

export const CONTENT_TYPES: Readonly<Record<Format, string>> = { xml: 'application/xml', json: 'application/json' }

const WORDS = 'The new couplings hold at warp six, and the chief engineer has signed the log for this watch.'

export function storyOf(number: number, stories: number): number {
  return FIRST_STORY + (number % stories)
}

export function body(format: Format, number: number, story: number = storyOf(number, STORIES)): Buffer {
  return Buffer.from(format === 'xml' ? xml(number, story) : json(number, story))
}

function xml(number: number, story: number): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<activity>
  <id type="integer">${number}</id>
  <version type="integer">${number}</version>
  <event_type>story_update</event_type>
  <occurred_at type="datetime">2009/12/14 14:12:09 PST</occurred_at>
  <author>James Kirk</author>
  <project_id type="integer">26</project_id>
  <description>James Kirk accepted &quot;More power to shields&quot;</description>
  <stories type="array">
    <story>
      <id type="integer">${story}</id>
      <url>https://www.pivotaltracker.com/services/v3/projects/26/stories/${story}</url>
      <accepted_at type="datetime">2009/12/14 22:12:09 UTC</accepted_at>
      <current_state>accepted</current_state>
      <notes type="array">
        <note>
          <id type="integer">${number}</id>
          <text>${MARKER}${number} ${WORDS}</text>
        </note>
      </notes>
    </story>
  </stories>
</activity>`
}

function json(number: number, story: number): string {
  return JSON.stringify({
    kind: 'story_update_activity',
    guid: `26_${number}`,
    project_version: number,
    message: 'James Kirk accepted this feature with comments',
    highlight: 'accepted',
    changes: [
      {
        kind: 'story',
        change_type: 'update',
        id: story,
        original_values: { current_state: 'delivered', updated_at: 1_260_828_669_000 },
        new_values: { current_state: 'accepted', updated_at: 1_260_828_729_000, accepted_at: 1_260_828_729_000 },
        name: 'More power to shields',
        story_type: 'feature',
      },
      {
        kind: 'comment',
        change_type: 'create',
        id: number,
        new_values: { id: number, story_id: story, text: `${MARKER}${number} ${WORDS}`, person_id: 1701 },
      },
    ],
    primary_resources: [
      {
        kind: 'story',
        id: story,
        name: 'More power to shields',
        story_type: 'feature',
        url: `https://www.pivotaltracker.com/story/show/${story}`,
      },
    ],
    project: { kind: 'project', id: 26, name: 'Enterprise' },
    performed_by: { kind: 'person', id: 1701, name: 'James Kirk', initials: 'JK' },
    occurred_at: 1_260_828_729_000,
  })
}
