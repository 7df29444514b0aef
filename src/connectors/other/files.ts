import { constants, type Stats } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { settingError } from '../kit/setting-error.ts'

/** @throws {DeliveryError} if it does not exist, may not be read, or is not a file */
export async function openFile(path: string, setting: string): Promise<FileHandle> {
  // Without it, opening a named pipe waits for somebody who writes to it.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch(
    (error: NodeJS.ErrnoException) => {
      throw settingError(setting, `${path} ${reason(error)}: check ${setting}`, { cause: error })
    },
  )
  const stats = await file.stat()
  if (stats.isFile()) return file
  await file.close()
  throw settingError(setting, `${path} is ${kindOf(stats)}, not a regular file: check ${setting}`)
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder'
  if (stats.isFIFO()) return 'a named pipe'
  return stats.isSocket() ? 'a socket' : 'a device'
}

function reason({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENXIO') return 'is a socket or a device, not a regular file'
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'does not exist'
  return code === 'EACCES' || code === 'EPERM' ? 'may not be read by the relay' : `cannot be read (${code ?? message})`
}

/** @throws {DeliveryError} also if it is longer than `maxBytes` */
export async function readWhole(path: string, setting: string, maxBytes: number): Promise<Buffer> {
  const file = await openFile(path, setting)
  try {
    if ((await file.stat()).size > maxBytes)
      throw settingError(setting, `${path} is longer than ${maxBytes / 1024 / 1024} MiB, the maximum`)
    return await file.readFile()
  } finally {
    await file.close()
  }
}
