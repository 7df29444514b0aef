import t from 'tap'
import { loadConnectors } from '../../src/connectors/registry.ts'
import { linkableSystems } from '../../src/gateway/linkable-systems.ts'

const CONNECTORS = await loadConnectors()

t.test('a link can lead to every system that has tickets, by the name that Tracker has for it', async (t) => {
  t.strictSame(linkableSystems(CONNECTORS), [
    'jira',
    'lighthouse',
    'github',
    'gitlab',
    'zendesk',
    'bugzilla',
    'get_satisfaction',
    'other',
  ])
})
