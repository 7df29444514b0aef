import { resolve } from 'node:path'
import { DATA_FILE } from '../connectors/contract/data-file.ts'
import { alternatives, below, isRecord, type Schema } from './schema-walk.ts'

/** A copy of the settings in which relative paths of files, as their schemas mark them, are in this folder. */
export function inDataFolder(value: unknown, schemas: readonly Schema[], folder: string): unknown {
  if (typeof value === 'string') return isDataFile(schemas) && !isUrl(value) ? resolve(folder, value) : value
  if (Array.isArray(value)) return value.map((item, index) => inDataFolder(item, below(schemas, index), folder))
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, inDataFolder(item, below(schemas, key), folder)]),
  )
}

function isDataFile(schemas: readonly Schema[]): boolean {
  return schemas.flatMap(alternatives).some(({ contentMediaType }) => contentMediaType === DATA_FILE)
}

function isUrl(text: string): boolean {
  return /^\s*[a-z][a-z0-9+.-]+:\/\//i.test(text)
}
