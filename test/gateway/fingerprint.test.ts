import t from 'tap'
import type { IntegrationConfig } from '../../src/config/schema.ts'
import { loadConnectors } from '../../src/connectors/registry.ts'
import { fingerprintOf, formerFingerprintOf } from '../../src/gateway/fingerprint.ts'
import { load } from '../config/loading.ts'

const CONNECTORS = await loadConnectors()

function integration(settings: string): IntegrationConfig {
  const text = `
projects: [{ id: 26, secret: the-secret-of-the-ship, integrations: [tickets] }]
integrations:
  tickets:
    type: jira
    base_url: https://jira.example.com
    personal_access_token: token-of-the-ship
${settings.replaceAll(/^/gm, '    ')}
`
  const [found] = load(text, { connectors: CONNECTORS }).config.integrations
  if (found === undefined) throw new Error('the config names no integration')
  return found
}

t.test('what the operator changes changes the fingerprint', async (t) => {
  const before = fingerprintOf(integration(''))
  t.not(fingerprintOf(integration('comment_limit: 1000')), before)
  t.not(fingerprintOf(integration('timeout_seconds: 5')), before, 'also a setting that every integration has')
  t.not(fingerprintOf(integration('states: { accepted: null }')), before, 'also one inside another')
})

t.test('the order of the settings, and what concerns the import alone, do not change it', async (t) => {
  const before = fingerprintOf(integration('comment_limit: 1000\nstates: { accepted: null, started: null }'))
  t.equal(fingerprintOf(integration('states: { started: null, accepted: null }\ncomment_limit: 1000')), before)
  const imported = integration('comment_limit: 1000\nstates: { accepted: null, started: null }\nfilter_id: 10')
  t.equal(
    fingerprintOf({ ...imported, written: { ...imported.written, import: { public: true } } }),
    fingerprintOf(imported),
  )
})

t.test('a release with another default, or with a new setting, keeps the fingerprint', async (t) => {
  const today = integration('comment_limit: 1000')
  const tomorrow: IntegrationConfig = {
    ...today,
    settings: { ...(today.settings as object), update_comments: false, a_new_setting: 'with a default' },
    common: { ...today.common, timeout_seconds: 99 },
  }
  t.equal(fingerprintOf(tomorrow), fingerprintOf(today))
})

t.test('the fingerprint that version 0.1.0 kept is the one of today’s settings, whatever has been added', async (t) => {
  const today = integration('comment_limit: 1000\nfilter_id: 10\nimport: { public: true }')
  // Made by version 0.1.0 of these settings.
  t.equal(formerFingerprintOf(today), '54d58b3e2ade8bf8')
  const tomorrow: IntegrationConfig = {
    ...today,
    settings: { ...(today.settings as object), a_new_setting: 'with a default' },
    common: Object.assign({ ...today.common }, { hold_at_most_hours: 336 }),
  }
  t.equal(formerFingerprintOf(tomorrow), '54d58b3e2ade8bf8')
})
