import t from 'tap'
import { Type } from 'typebox'
import { defineConnector } from '../../src/connectors/contract/connector.ts'
import { startRelay } from './running-relay.ts'

/** Logs what a target says that echoes the credentials. */
const quoting = defineConnector({
  name: 'quoting',
  title: 'Quoting',
  settings: Type.Object({ token: Type.String({ writeOnly: true }) }, { additionalProperties: false }),
  configure: ({ token }) => ({
    plan: () => [],
    open({ log }) {
      for (const level of ['debug', 'info', 'warn', 'error'] as const)
        log[level]({ why: `{"said":${JSON.stringify(token)}}`, attempt: 2 }, `the target said ${token}`)
      return {}
    },
  }),
})

t.test('a connector cannot log a secret of the config', async (t) => {
  const token = 'live-"long"-and-prosper'
  const integrations = { room: { type: 'quoting', token } }
  const relay = await startRelay(t, { connectors: [quoting], integrations })
  const lines = relay.lines('the target said [secret]')
  t.strictSame(
    lines.map(({ level, why, attempt, integration }) => ({ level, why, attempt, integration })),
    ['debug', 'info', 'warn', 'error'].map((level) => ({
      level,
      why: '{"said":"[secret]"}',
      attempt: 2,
      integration: 'room',
    })),
  )
  t.notMatch(relay.output(), /prosper/)
})
