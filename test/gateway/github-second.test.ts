import t from 'tap'
import { githubRequest, SECRET } from '../sources/github/requests.ts'
import { startRelay } from './running-relay.ts'

const HOOK_SECRET = 'a-hook-of-the-enterprise'
const AT = '2026-11-24T12:00:00Z'

const issue = (state: string) => ({
  ...{ id: 900_042, number: 5, title: 'More power', body: null, html_url: 'https://github.com/s/e/issues/5', state },
  ...{ state_reason: state === 'closed' ? 'completed' : 'reopened', closed_at: state === 'closed' ? AT : null },
  ...{ created_at: '2026-11-20T12:00:00Z', updated_at: AT, labels: [], assignees: [] },
})

t.test(
  'an issue that is closed, reopened and closed again within one second is closed, told by two hooks',
  async (t) => {
    const relay = await startRelay(t, {
      projects: [
        {
          ...{ id: 'enterprise', secret: HOOK_SECRET, integrations: ['log'] },
          source: { type: 'github', signing_secret: SECRET },
        },
      ],
      integrations: { log: { type: 'log' } },
    })

    async function post(action: 'closed' | 'reopened', hook: string, delivery: string): Promise<boolean> {
      const payload = { action, issue: issue(action === 'closed' ? 'closed' : 'open'), sender: { login: 'ada', id: 1 } }
      const { body, headers } = githubRequest('issues', payload)
      const response = await fetch(`${relay.url}/hooks/enterprise/${HOOK_SECRET}`, {
        method: 'POST',
        headers: { ...headers, 'x-github-hook-id': hook, 'x-github-delivery': delivery },
        body,
      })
      const told = (await response.json()) as { duplicate?: boolean }
      return response.status === 202 && told.duplicate === false
    }

    const isNew: boolean[] = []
    for (const [action, event] of [
      ['closed', 'a'],
      ['reopened', 'b'],
      ['closed', 'c'],
    ] as const)
      for (const hook of ['repository', 'organisation']) isNew.push(await post(action, hook, `${event}-${hook}`))
    t.strictSame(isNew, [true, false, true, false, true, false])
    t.equal(await post('closed', 'repository', 'a-repository'), false, 'sent again')
    t.equal(await post('closed', 'repository', 'c-repository'), false, 'sent again')
    const [known] = await relay.store.rememberedStories([{ projectId: 'enterprise', storyId: '900042' }])
    t.equal(known?.state, 'accepted')
    await relay.allSettled(3)
  },
)
