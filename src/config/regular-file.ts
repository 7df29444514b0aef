import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs'

/** Something that is there and is no file with a content of its own. */
export class NotRegularFile extends Error {
  /** As in "is a named pipe". */
  readonly kind: string
  constructor(path: string, kind: string) {
    super(`${path} is ${kind}, not a regular file`)
    this.name = 'NotRegularFile'
    this.kind = kind
  }
}

/**
 * Reads a file that is read again with each reload, and so has to be one: to read a named pipe waits for somebody who
 * writes to it, and a device may never end.
 * @throws {NotRegularFile}
 * @throws {NodeJS.ErrnoException} if it cannot be read
 */
export function readRegularFile(path: string): Buffer {
  // Without O_NONBLOCK, which Windows does not have, opening a named pipe waits already.
  const descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  try {
    const stats = fstatSync(descriptor)
    // A folder cannot be read, with an error of its own.
    if (!stats.isFile() && !stats.isDirectory()) throw new NotRegularFile(path, kindOf(stats))
    return readFileSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function kindOf(stats: Stats): string {
  if (stats.isFIFO()) return 'a named pipe'
  return stats.isSocket() ? 'a socket' : 'a device'
}
