import type { IntegrationAnswer } from '../api/integrations.ts'
import { deadReasons } from './dead-reasons.ts'
import { pageHtml } from './frame.tsx'
import { integrationPage } from './integration.tsx'
import { integrationActions } from './integration-actions.tsx'
import { needOf } from './need.ts'
import { Integrations, stats } from './overview.tsx'
import type { Pages } from './parts.ts'

export function integrationPages(pages: Pages): void {
  pages.page('/integrations', async ({ api, frame }) => {
    const [{ items }, ofDay, dead] = await Promise.all([
      api.get<{ items: readonly IntegrationAnswer[] }>('/integrations'),
      stats(api, 'day', frame.now),
      deadReasons(api),
    ])
    const needs = items.map((one) => needOf(one, dead.get(one.name))).filter((one) => one !== null)
    const count = `${items.length} ${items.length === 1 ? 'integration' : 'integrations'}`
    return pageHtml({
      frame,
      title:
        needs.length === 0 ? count : `${needs.length} of ${count} ${needs.length === 1 ? 'needs' : 'need'} somebody`,
      current: '/integrations',
      live: true,
      children: (
        <>
          <div>
            <h1 id="h">Integrations</h1>
            <p class="lead">
              {items.length === 0
                ? 'The config has no integration yet, so nothing is passed on. Whatever Tracker says is stored.'
                : needs.length === 0
                  ? `${count}: ${items.length === 1 ? 'it needs nobody' : 'none needs anybody'}.`
                  : `${needs.map(({ cause }) => cause).join('; ')}.`}
            </p>
          </div>
          {items.length === 0 ? <FirstIntegration /> : <Integrations {...{ frame, items, ofDay, dead }} />}
        </>
      ),
    })
  })
  integrationPage(pages)
  integrationActions(pages)
}

function FirstIntegration() {
  return (
    <section class="card stack" aria-labelledby="first">
      <h2 id="first">Add the first one</h2>
      <p>
        Put a block like this into the config, name it in the project’s <code>integrations</code>, and reload:
      </p>
      <pre>{EXAMPLE}</pre>
      <p>
        <code>config/relay.example.yaml</code> has one of each type with all settings.
      </p>
    </section>
  )
}

const EXAMPLE = `projects:
  - id: "1234567"
    secret: \${HOOK_SECRET}
    integrations: [team-room]
integrations:
  team-room:
    type: campfire
    url: https://chat.example.com/rooms/1
    bot_key: \${BOT_KEY}
`
