/**
 * The known kinds of activity, without v5's ending `_activity`. v2 and v3 say `note_create` for a comment. Tracker never
 * published a list: these are from recorded bodies and public clients. A kind that is missing here is only counted as
 * unknown.
 */
export const KINDS: ReadonlySet<string> = new Set([
  ...each('story', 'create update delete move c2genericcommand'),
  'story_move_from_project',
  'story_move_into_project',
  'story_move_into_project_and_prioritize',
  ...each('multi_story', 'delete move update update_label move_from_project move_into_project'),
  'multi_story_move_into_project_and_prioritize',
  ...['move_from_project', 'move_into_project', 'story_move_multi', 'story_delete_multi'],
  'multi_label_create',
  ...['add_story_label', 'remove_story_label', 'story_label_add', 'story_label_remove'],
  ...each('note', 'create update delete'),
  ...each('comment', 'create update delete'),
  ...each('task', 'create update delete'),
  ...each('label', 'create update delete merge'),
  ...each('epic', 'create update delete move'),
  ...each('blocker', 'create update delete'),
  ...each('blocking', 'create delete'),
  ...each('branch', 'create delete'),
  ...each('follower', 'create delete'),
  ...each('pull_request', 'create update delete'),
  ...each('review', 'create update delete'),
  ...each('review_type', 'create update delete'),
  ...each('reaction', 'create delete'),
  ...each('project_membership', 'create update delete'),
  'iteration_update',
  'project_update',
  'model_import',
  'cicd_event_create',
])

function each(resource: string, verbs: string): string[] {
  return verbs.split(' ').map((verb) => `${resource}_${verb}`)
}

export function isKnownKind(kind: string): boolean {
  return KINDS.has(kind)
}
