import { Type } from 'typebox'
import { type Configured, defineConnector } from '../../src/connectors/contract/connector.ts'

const states = Type.Record(
  Type.String(),
  Type.Union([Type.Null(), Type.String(), Type.Object({ status: Type.String() }, { additionalProperties: false })]),
)

export const idle: Configured = { plan: () => [], open: () => ({}) }

/** Needs a token or a key, but not both. */
export const room = defineConnector({
  name: 'room',
  title: 'A room',
  settings: Type.Object(
    {
      subdomain: Type.String({ description: 'The name in front of the address', examples: ['enterprise'] }),
      api_token: Type.Optional(Type.String({ description: 'The token.', writeOnly: true, minLength: 8 })),
      bot_key: Type.Optional(Type.String({ description: 'The key.', writeOnly: true })),
      // A room hears one thing after the other.
      concurrency: Type.Integer({ description: 'How many at once.', minimum: 1, maximum: 3, default: 1 }),
      publish_comments: Type.Boolean({ description: 'Tell comments?', default: true }),
    },
    { additionalProperties: false },
  ),
  configure({ subdomain, api_token, bot_key }) {
    const problems = [
      ...(api_token === undefined && bot_key === undefined
        ? [{ setting: 'api_token', problem: 'is missing; set it, or bot_key' }]
        : []),
      ...(api_token !== undefined && bot_key !== undefined
        ? [{ setting: 'bot_key', problem: 'must be left out when there is an api_token' }]
        : []),
      ...(subdomain.includes('.') ? [{ setting: 'subdomain', problem: 'must not have a dot' }] : []),
    ]
    return problems.length > 0 ? problems : idle
  },
})

/** Tickets, with a map of states and secret headers. */
export const desk = defineConnector({
  name: 'desk',
  title: 'A desk',
  settings: Type.Object(
    {
      url: Type.String({ description: 'The address', writeOnly: true, pattern: '^https?://' }),
      headers: Type.Optional(
        Type.Record(Type.String(), Type.String({ writeOnly: true }), { description: 'Sent along' }),
      ),
      states: Type.Optional({ ...states, description: 'What a state leads to.' }),
      version: Type.Enum(['2.0', '3.1'], { description: 'Which one it speaks', default: '3.1' }),
      visibility: Type.Optional(
        Type.Object(
          { type: Type.Union([Type.Literal('role'), Type.Literal('group')]), value: Type.String() },
          { description: 'Who may read it.', additionalProperties: false },
        ),
      ),
    },
    { additionalProperties: false },
  ),
  configure: () => idle,
})

/** A connector with nothing to set. */
export const bell = defineConnector({
  name: 'bell',
  title: 'A bell',
  settings: Type.Object({}, { additionalProperties: false }),
  configure: () => ({ ...idle, notices: true }),
})

export const FAKES = [room, desk, bell]
