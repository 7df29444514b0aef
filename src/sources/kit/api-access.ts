import { Type } from 'typebox'
import type { SettingProblem } from '../../connectors/contract/connector.ts'

/** The setting `token`. @param what it is, and what it may do */
export const tokenSetting = (what: string) =>
  Type.Optional(Type.String({ description: what, writeOnly: true, minLength: 8 }))

/** The setting `api_url`. */
export const apiUrlSetting = (title: string, address: string) =>
  Type.String({
    description: `The URL of ${title}'s REST API.`,
    pattern: '^[Hh][Tt][Tt][Pp][Ss]?://[^\\s/?#@]+(/[^\\s?#]*)?$',
    patternErrorMessage: 'an http or https URL without a user name or password',
    default: address,
  })

/** A token is only there to ask of places, and they are only asked with a token. */
export function accessProblems(
  token: string | undefined,
  places: { readonly setting: string; readonly named: readonly string[] | undefined; readonly what: string },
): SettingProblem[] {
  const { setting, named, what } = places
  if (token !== undefined && named === undefined)
    return [{ setting, problem: `is missing; with a token, name the ${what} that the web hook is for` }]
  if (token === undefined && named !== undefined)
    return [{ setting: 'token', problem: `is missing; without one the ${what} of ${setting} cannot be asked` }]
  return []
}
