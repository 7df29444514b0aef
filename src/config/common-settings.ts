import { Type } from 'typebox'
import { connectionSchema } from './connection-settings.ts'
import { filterSchema } from './filter-settings.ts'
import { importSchema } from './import-settings.ts'
import { section, trackerId, whole } from './setting.ts'

export const commonSchema = Type.Object(
  {
    concurrency: whole(
      'How many deliveries may run at once; those of one story keep their order all the same.',
      1,
      64,
      4,
    ),
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
          'How many deliveries may be sent in a day (UTC); the others wait for the next. Limits the cost of a target that charges for each.',
        minimum: 1,
        maximum: 1_000_000,
        examples: [40],
      }),
    ),
    integration_id: Type.Optional(
      trackerId(
        "Tracker's id of this integration, if stories are linked to tickets: needed when the URL of a ticket does not tell which integration it belongs to.",
        '12345',
      ),
    ),
    timeout_seconds: whole('How long a request to the target may take, from the first byte to the last.', 1, 300, 15),
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
    connection: Type.Optional(connectionSchema),
    filter: filterSchema,
    coalesce_states: Type.Boolean({
      description: 'Of several states of a story that wait for the same ticket, only the last is sent.',
      default: true,
    }),
    retry: section('What happens to a delivery that fails.', {
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
        description: 'A delivery that has failed by its own fault for this long is dead; it can be replayed.',
        exclusiveMinimum: 0,
        maximum: 8760,
        default: 120,
      }),
      hold_at_most_hours: Type.Number({
        description:
          'While a target answers nobody, failures do not count, but a delivery that first failed this long ago expires: it is dead and can be replayed. 0: it waits however long the outage lasts.',
        minimum: 0,
        maximum: 87_600,
        default: 336,
      }),
    }),
    breaker: section(
      'When the relay stops sending to a target that is down, and how it is probed. Held deliveries use up no attempts.',
      {
        failures: whole('How many failures of the target in a row put the integration on hold.', 1, 1000, 5),
        probe_seconds: Type.Array(Type.Integer({ minimum: 1, maximum: 86_400 }), {
          description: 'The waits before the first, second, ... probe of a target that is down; the last one repeats.',
          minItems: 1,
          maxItems: 20,
          default: [10, 30, 60, 300],
        }),
        credentials_probe_seconds: whole(
          'The wait after rejected credentials: long, since some targets lock an account after a few wrong tries.',
          1,
          86_400,
          900,
        ),
      },
    ),
    import: Type.Optional(importSchema),
  },
  { additionalProperties: false },
)
