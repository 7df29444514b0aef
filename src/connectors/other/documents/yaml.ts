import { parse, type ScalarTag, type Tags, YAMLError } from 'yaml'
import { oneLine } from '../../kit/one-line.ts'
import { settingError } from '../../kit/setting-error.ts'

/**
 * A number that would change when written again, such as 0012, 1.10 or one with too many digits, may be an id and stays
 * text.
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
