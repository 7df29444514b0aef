import { type TObject, type TProperties, Type } from 'typebox'

/** A map of settings that may be left out as a whole, since each of them has a default or is optional. */
export function section<P extends TProperties>(description: string, properties: P): TObject<P> {
  return Type.Object(properties, { description, additionalProperties: false, default: {} })
}

export function whole(description: string, minimum: number, maximum: number, standard: number) {
  return Type.Integer({ description, minimum, maximum, default: standard })
}

/**
 * An http or https URL without user name and password. `patternErrorMessage` is the keyword by which editors of
 * the VS Code family word a pattern's violation; the messages of this program use the same text.
 */
export const HTTP_URL = {
  pattern: '^[Hh][Tt][Tt][Pp][Ss]?://[^\\s/?#@]+([/?#][^\\s]*)?$',
  patternErrorMessage: 'an http or https URL without a user name or password',
}

/** An id in Tracker. A number is taken as it is written, so that no digit of a long one is lost: the result is text. */
export function trackerId(description: string, example: string) {
  return Type.Unsafe<string>({
    type: ['string', 'integer'],
    description,
    pattern: '^[A-Za-z0-9_-]{1,64}$',
    patternErrorMessage: 'letters, digits, "-" and "_", at most 64 of them',
    examples: [example],
  })
}

/** The part of a URL that only Tracker and the relay know. */
export const URL_SECRET = {
  writeOnly: true,
  minLength: 4,
  maxLength: 200,
  pattern: '^[A-Za-z0-9._~-]+$',
  patternErrorMessage: 'letters, digits, ".", "_", "~" and "-" only',
}

export const urlSecrets = Type.Array(Type.String(URL_SECRET), {
  description: 'Instead of secret: several that are valid at the same time, so that one can be changed without a gap.',
  minItems: 1,
  maxItems: 5,
  uniqueItems: true,
})
