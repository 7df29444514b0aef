import { type Static, Type } from 'typebox'
import { publishSettings } from '../kit/announcements.ts'
import { SHOWN_SENTENCES, TOLD, templateSettings } from '../kit/template.ts'

/**
 * The fields of Tracker's Campfire integration, then those of ONCE Campfire; which settings are present decides (place.ts).
 */
export const Settings = Type.Object(
  {
    subdomain: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'Campfire subdomain: "enterprise" of enterprise.campfirenow.com; a pasted address is understood',
        examples: ['enterprise'],
      }),
    ),
    api_token: Type.Optional(
      Type.String({
        minLength: 1,
        writeOnly: true,
        description: 'API authentication token, best of a Campfire user of its own (Campfire: Edit my account)',
      }),
    ),
    room_id: Type.Optional(
      Type.Union([Type.Integer({ minimum: 1 }), Type.String({ minLength: 1 })], {
        description: 'Room ID: the number at the end of the address of the room; a pasted address is understood',
        examples: [42],
      }),
    ),
    use_ssl: Type.Boolean({
      default: true,
      description: 'Use SSL? An account answers only to one of https and http; does not change a full base_url',
    }),
    base_url: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'Instead of subdomain: the address of another server that speaks the classic Campfire API',
        examples: ['https://chat.example.com'],
      }),
    ),
    url: Type.Optional(
      Type.String({
        minLength: 1,
        writeOnly: true,
        description:
          'ONCE Campfire instead of the classic one: the address of the room, or the whole curl line that Campfire shows for the bot',
        examples: ['https://chat.example.com/rooms/1'],
      }),
    ),
    bot_key: Type.Optional(
      Type.String({
        pattern: '^[1-9][0-9]*-[A-Za-z0-9]+$',
        writeOnly: true,
        description: "ONCE Campfire: the bot's key, as 2-AbCdEf123456; not needed when the url holds it",
      }),
    ),
    ...publishSettings,
    templates: templateSettings(TOLD, SHOWN_SENTENCES),
  },
  { additionalProperties: false },
)
export type Settings = Static<typeof Settings>
