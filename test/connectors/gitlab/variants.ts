import { GITLAB_TOKEN, type GitLabOptions, startGitLab } from '../../../src/stand-ins/gitlab.ts'
import { latestOf, type Target, type Variant } from '../variant.ts'

async function start(options: GitLabOptions, settings: object, state: 'opened' | 'closed'): Promise<Target> {
  const standIn = await startGitLab(options)
  standIn.addIssue({ iid: 5, state, labels: ['engine', 'workflow::review'], weight: 3 })
  standIn.addIssue({
    iid: 6,
    title: 'Shields <b>&amp;</b> 漢字',
    description: '## Steps\r\n\r\n`code`',
    labels: ['type::bug'],
    createdAt: '2026-11-21T09:30:00.123+02:00',
  })
  return {
    standIn,
    place: {
      written: () => standIn.issue(5).notes.length + standIn.issue(5).events.length,
      copies() {
        const { notes } = standIn.issue(5)
        const { authorId, body } = latestOf(notes)
        return {
          ours() {
            standIn.addNote(5, { authorId, body })
            return String(notes.at(-1)?.id)
          },
          others: () => standIn.addNote(5, { authorId: 8, body }),
        }
      },
    },
    ticket: { externalId: '5', externalUrl: `${standIn.address}/starfleet/enterprise/-/issues/5` },
    settings: { base_url: standIn.address, token: GITLAB_TOKEN, ...settings },
  }
}

export const variants: readonly Variant[] = [
  {
    name: 'gitlab',
    connector: 'gitlab',
    start: (now) => start({ now }, { project: 'starfleet/enterprise' }, 'opened'),
  },
  {
    name: 'gitlab-options',
    connector: 'gitlab',
    start: (now) =>
      start(
        {
          now,
          root: '/gitlab',
          projects: [{ id: 42, path: 'starfleet/enterprise', members: { 7: 30 }, labels: ['type::bug'] }],
        },
        {
          project: 'Starfleet/Enterprise',
          internal_comments: true,
          labels: { started: 'workflow::doing', delivered: 'workflow::review', accepted: 'done' },
          import_labels: ['type::bug'],
        },
        'closed',
      ),
  },
]
