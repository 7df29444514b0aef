import { writeSync } from 'node:fs'

/** A place for log lines that never makes the process wait, and never fails. */
export interface Output {
  write(text: string): void
  /** Is told how many lines were dropped until now, and of each one from now on. */
  onDropped(count: (lines: number) => void): void
  /** Is told once when lines can be written again after some were dropped: how many, and the code of the last error. */
  onWorking(tell: (dropped: number, code: string) => void): void
  /** Waits until what is kept is written, but no longer than this. */
  drained(limitMs: number): Promise<void>
}

/** A reader that is slow for a moment costs no line. */
const MOST_KEPT_BYTES = 64 * 1024
const RETRY_MS = 200
const DRAIN_RETRY_MS = 10

interface OutputParts {
  /** Writes some of the bytes without waiting. @returns how many @throws the system's error if none can be written now */
  writeSome(bytes: Buffer): number
  /** Runs the work later; it must not keep the process alive. */
  later?(work: () => void): void
  readonly mostKeptBytes?: number
}

/**
 * What cannot be written is kept up to a limit and tried again with each new line and from time to time. Lines beyond the
 * limit are dropped. A line that was written in part is completed first, so that no line is torn.
 */
export function createOutput(parts: OutputParts): Output {
  const { mostKeptBytes = MOST_KEPT_BYTES, later = afterAWhile } = parts
  const kept: Buffer[] = []
  let keptBytes = 0
  let isRetrying = false
  let dropped = 0
  let untold = 0
  let code = ''
  let count: (lines: number) => void = () => {}
  let tell: (dropped: number, code: string) => void = () => {}

  /** @returns what could not be written */
  function attempt(bytes: Buffer): Buffer {
    let rest = bytes
    try {
      while (rest.length > 0) {
        const written = parts.writeSome(rest)
        if (written === 0) break
        rest = rest.subarray(written)
      }
    } catch (error) {
      code = String((error as NodeJS.ErrnoException).code)
    }
    return rest
  }

  function flush(): void {
    while (kept[0] !== undefined) {
      const rest = attempt(kept[0])
      keptBytes -= kept[0].length - rest.length
      if (rest.length > 0) {
        kept[0] = rest
        return
      }
      kept.shift()
    }
    if (untold === 0) return
    const lost = untold
    untold = 0
    tell(lost, code)
  }

  function keep(bytes: Buffer, lines: number): void {
    if (keptBytes + bytes.length > mostKeptBytes) {
      dropped += lines
      untold += lines
      count(lines)
    } else {
      kept.push(bytes)
      keptBytes += bytes.length
    }
    if (isRetrying) return
    isRetrying = true
    later(retry)
  }

  function retry(): void {
    isRetrying = false
    flush()
    if (kept.length === 0 || isRetrying) return
    isRetrying = true
    later(retry)
  }

  return {
    write(text) {
      if (kept.length > 0) flush()
      const bytes = Buffer.from(text)
      const rest = kept.length > 0 ? bytes : attempt(bytes)
      if (rest.length > 0) keep(rest, linesIn(text))
    },
    onDropped(given) {
      count = given
      if (dropped > 0) count(dropped)
    },
    onWorking(given) {
      tell = given
    },
    async drained(limitMs) {
      const end = performance.now() + limitMs
      flush()
      while (kept.length > 0 && performance.now() < end) {
        await new Promise((resolve) => setTimeout(resolve, DRAIN_RETRY_MS))
        flush()
      }
    },
  }
}

/** Standard output or standard error, which is changed so that writing to it never waits. */
export function outputOn(stream: NodeJS.WriteStream & { readonly fd: number }): Output {
  const { fd } = stream
  withoutWaiting(stream)
  const output = gathering(createOutput({ writeSome: (bytes) => writeSync(fd, bytes) }))
  process.once('exit', output.flush)
  return output
}

/** In characters; a batch that cannot be kept is dropped whole. */
const MOST_GATHERED = 16 * 1024

/**
 * Writes the lines of one turn of the event loop together, at its end: most of what a line costs is to hand it to the
 * system.
 */
export function gathering(
  output: Output,
  soon: (work: () => void) => void = setImmediate,
): Output & { readonly flush: () => void } {
  let gathered = ''

  function flush(): void {
    const text = gathered
    gathered = ''
    if (text !== '') output.write(text)
  }

  return {
    ...output,
    flush,
    write(text) {
      if (gathered === '') soon(flush)
      gathered += text
      if (gathered.length >= MOST_GATHERED) flush()
    },
    async drained(limitMs) {
      flush()
      await output.drained(limitMs)
    },
  }
}

/**
 * Makes writing to a terminal that is stopped (Ctrl-S, a connection that hangs) fail instead of wait. Node does so by
 * itself for pipes and sockets as soon as they are a stream, and a file never waits. Errors of the stream are ignored.
 */
export function withoutWaiting(stream: NodeJS.WriteStream): void {
  stream.removeAllListeners('error')
  stream.on('error', () => {})
  const { _handle: handle } = stream as { _handle?: { setBlocking?(blocking: boolean): number } }
  if (stream.isTTY) handle?.setBlocking?.(false)
}

function linesIn(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
}

function afterAWhile(work: () => void): void {
  setTimeout(work, RETRY_MS).unref()
}
