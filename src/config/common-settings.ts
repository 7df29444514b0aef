import { Type } from 'typebox'
import { importSchema } from './import-settings.ts'
import { seconds } from './server.ts'

/** The settings that every integration has besides its connector's own. */
export const commonSchema = Type.Object(
  {
    concurrency: Type.Integer({
      description: 'How many deliveries may be under way at once; those of one story keep their order all the same.',
      minimum: 1,
      maximum: 64,
      default: 4,
    }),
    max_per_minute: Type.Optional(
      Type.Integer({
        description: 'How many deliveries may be started in a minute; without it only the target sets a limit.',
        minimum: 1,
        maximum: 100_000,
        examples: [60],
      }),
    ),
    max_per_day: Type.Optional(
      Type.Integer({
        description:
          'At most so many deliveries are sent in a day (UTC); the others wait for the next. Protects what is paid by the piece.',
        minimum: 1,
        maximum: 1_000_000,
        examples: [40],
      }),
    ),
    integration_id: Type.Optional(
      // A number is taken as it is written, so that no digit of a long id is lost: the type of the result is text.
      Type.Unsafe<string>({
        type: ['string', 'integer'],
        description:
          "Tracker's id of this integration, where stories are linked to tickets: tells integrations apart that the address of a ticket cannot tell apart.",
        pattern: '^[A-Za-z0-9_-]{1,64}$',
        patternErrorMessage: 'the id as Tracker shows it: letters, digits, "-" and "_", at most 64 of them',
        examples: ['12345'],
      }),
    ),
    timeout_seconds: seconds('How long a request to the target may take, from the first byte to the last.', 1, 300, 15),
    block_private_addresses: Type.Boolean({
      description: 'Refuse targets in private networks and on this machine.',
      default: false,
    }),
    allow_addresses: Type.Array(
      Type.String({ minLength: 1, pattern: '^[^\\s]+$', patternErrorMessage: 'text without spaces' }),
      {
        description: 'Hosts, addresses and ranges that are allowed in spite of block_private_addresses.',
        maxItems: 100,
        default: [],
        examples: [['jira.internal.example.com', '10.1.0.0/16']],
      },
    ),
    coalesce_states: Type.Boolean({
      description: 'Of several states of a story that wait for the same ticket, only the last is carried on.',
      default: true,
    }),
    retry: Type.Object(
      {
        schedule_seconds: Type.Array(Type.Integer({ minimum: 1, maximum: 604_800 }), {
          description:
            'The waits after the first, second, ... failure. When the last one is used up too, the delivery is dead; it can be replayed.',
          minItems: 1,
          maxItems: 50,
          default: [5, 30, 120, 600, 1800, 3600, 7200, 18_000, 36_000, 50_400, 72_000, 86_400],
        }),
        jitter: Type.Number({
          description: 'Each wait is made longer or shorter at random by up to this part of it.',
          minimum: 0,
          maximum: 1,
          default: 0.2,
        }),
        give_up_after_hours: Type.Number({
          description: 'A delivery that has failed by its own fault for so long is dead; it can be replayed.',
          exclusiveMinimum: 0,
          maximum: 8760,
          default: 120,
        }),
      },
      { description: 'What happens to a delivery that fails.', additionalProperties: false, default: {} },
    ),
    breaker: Type.Object(
      {
        failures: Type.Integer({
          description: 'So many failures of the target in a row, and the integration is held.',
          minimum: 1,
          maximum: 1000,
          default: 5,
        }),
        probe_seconds: Type.Array(Type.Integer({ minimum: 1, maximum: 86_400 }), {
          description: 'The waits before the first, second, ... probe of a target that is down; the last one repeats.',
          minItems: 1,
          maxItems: 20,
          default: [10, 30, 60, 300],
        }),
        credentials_probe_seconds: seconds(
          'The wait after rejected credentials: long, since some targets lock an account after a few wrong tries.',
          1,
          86_400,
          900,
        ),
      },
      {
        description:
          'When a target that is down is left alone, and how it is probed. Held deliveries use up no attempts.',
        additionalProperties: false,
        default: {},
      },
    ),
    import: Type.Optional(importSchema),
  },
  { additionalProperties: false },
)
