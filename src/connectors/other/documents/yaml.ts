import { parse, type ScalarTag, type Tags, YAMLError } from 'yaml'
import { oneLine } from '../../kit/one-line.ts'
import { settingError } from '../../kit/setting-error.ts'

/**
 * What is in a YAML file; a number that would be written differently is the text that stands there, since 0012 and
 * 1.10 may be ids, and so may one with more digits than a number keeps.
 * @throws {DeliveryError} also for aliases that would grow without end
 */
export function yamlValue(text: string): unknown {
  try {
    return parse(text, { logLevel: 'error', prettyErrors: true, customTags: (tags) => tags.map(asWritten) })
  } catch (error) {
    if (!(error instanceof YAMLError || error instanceof ReferenceError)) throw error
    const [why = ''] = error.message.split('\n', 1)
    throw settingError('source.yaml', `the file is not YAML: ${oneLine(why)}`, { cause: error })
  }
}

const NUMBERS: readonly string[] = ['tag:yaml.org,2002:int', 'tag:yaml.org,2002:float']

function asWritten(tag: Tags[number]): Tags[number] {
  if (typeof tag === 'string' || tag.collection !== undefined || !NUMBERS.includes(tag.tag)) return tag
  const { resolve } = tag
  const kept: ScalarTag['resolve'] = (text, onError, options) => {
    const found = resolve(text, onError, options)
    const value: unknown = typeof found === 'object' && found !== null && 'value' in found ? found.value : found
    return String(value) === text ? value : text
  }
  return { ...tag, resolve: kept }
}
