/** Activities of API v5, as the hook sends them and the API lists them, told apart by their number. */

interface Said {
  readonly story: number
  readonly at: number
  readonly author?: string
}

export const PROJECT = 26

export const commented = (number: number, said: Said & { readonly text: string }) =>
  activity(number, said, 'comment_create_activity', {
    ...{ kind: 'comment', change_type: 'create', id: 3000 + number },
    new_values: { id: 3000 + number, story_id: said.story, text: said.text, created_at: said.at },
  })

export const changed = (number: number, said: Said & { readonly from: string; readonly to: string }) =>
  activity(number, said, 'story_update_activity', {
    ...{ kind: 'story', change_type: 'update', id: said.story, name: `Story ${said.story}`, story_type: 'feature' },
    original_values: { current_state: said.from, updated_at: said.at - 1 },
    new_values: { current_state: said.to, updated_at: said.at },
  })

function activity(number: number, { story, at, author = 'Spock' }: Said, kind: string, change: object) {
  return {
    ...{ kind, guid: `${PROJECT}_${number}`, project_version: number, message: `${author} did something` },
    ...{ highlight: 'did', changes: [change] },
    primary_resources: [
      {
        ...{ kind: 'story', id: story, name: `Story ${story}`, story_type: 'feature' },
        url: `https://www.pivotaltracker.com/story/show/${story}`,
      },
    ],
    project: { kind: 'project', id: PROJECT, name: 'Enterprise' },
    performed_by: { kind: 'person', id: 1702, name: author, initials: 'S' },
    occurred_at: at,
  }
}
