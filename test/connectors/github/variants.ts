import { GITHUB_TOKEN, type GitHubOptions, githubApp, startGitHub } from '../../../src/stand-ins/github.ts'
import { latestOf, type Target, type Variant } from '../variant.ts'

const { app, privateKey } = githubApp()

async function start(options: GitHubOptions, settings: object, state: 'open' | 'closed'): Promise<Target> {
  const standIn = await startGitHub(options)
  standIn.addIssue({ number: 5, state, labels: ['engine', 'In Review'] })
  standIn.addIssue({
    number: 6,
    title: 'Shields <b>&amp;</b> 漢字',
    body: '## Steps\r\n\r\n`code`',
    labels: ['type: bug'],
    createdAt: '2026-11-21T09:30:00Z',
  })
  standIn.addIssue({ number: 7, title: 'A pull request', isPullRequest: true, labels: ['type: bug'] })
  return {
    standIn,
    place: {
      written: () => standIn.issue(5).comments.length + standIn.issue(5).events.length,
      copies() {
        const { comments } = standIn.issue(5)
        const { authorId, body } = latestOf(comments)
        return {
          ours() {
            standIn.addComment(5, { authorId, body })
            return String(comments.at(-1)?.id)
          },
          others: () => standIn.addComment(5, { authorId: 8, body }),
        }
      },
    },
    isWrite: ({ method, path }) => method !== 'GET' && !path.endsWith('/access_tokens'),
    ticket: { externalId: '5', externalUrl: `${standIn.url}/starfleet/enterprise/issues/5` },
    settings: { base_url: standIn.url, ...settings },
  }
}

export const variants: readonly Variant[] = [
  {
    name: 'github',
    connector: 'github',
    start: (now) => start({ now }, { repository: 'starfleet/enterprise', token: GITHUB_TOKEN }, 'open'),
  },
  {
    name: 'github-app',
    connector: 'github',
    start: (now) =>
      start(
        { now, app },
        {
          repository: 'Starfleet/Enterprise',
          app_id: app.id,
          app_private_key: privateKey,
          close_as: { accepted: 'completed', unscheduled: 'not_planned' },
          labels: { started: 'in progress', delivered: 'in review', accepted: 'done' },
          import_labels: ['type: bug'],
          import_query: 'shields',
        },
        'closed',
      ),
  },
]
