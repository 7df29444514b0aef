import { Value } from 'typebox/value'
import { Settings } from '../../../src/connectors/campfire/settings.ts'

/** Settings as the config hands them over: checked, with the defaults filled in. */
export function filled(settings: object): Settings {
  const value = Value.Default(Settings, structuredClone(settings))
  Value.Assert(Settings, value)
  return value
}
