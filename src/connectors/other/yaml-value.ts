import { parse, YAMLError } from 'yaml'
import { SettingError } from '../setting-error.ts'

/** What is in a YAML file. @throws {SettingError} also for aliases that would grow without end */
export function yamlValue(text: string): unknown {
  try {
    return parse(text, { logLevel: 'error', prettyErrors: true })
  } catch (error) {
    if (!(error instanceof YAMLError || error instanceof ReferenceError)) throw error
    const why = error.message.split('\n', 1)[0]?.slice(0, 200)
    throw new SettingError('source.yaml', `the file is no YAML: ${why}`, { cause: error })
  }
}
