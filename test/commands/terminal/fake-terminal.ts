import { Writable } from 'node:stream'
import { WriteStream } from 'node:tty'
import type { Screen } from '../../../src/commands/terminal/screen.ts'

export const NOW = Date.UTC(2026, 10, 28, 12)

/** A screen that shows a colour by its name. */
export function screen(columns: number | null): Screen {
  return { columns, now: NOW, paint: (colour, text) => `<${colour}>${text}</${colour}>` }
}

/** A stream that says it is a terminal, and keeps what is written. */
export function fakeTerminal({ isTTY = true, columns = 80 }: { isTTY?: boolean; columns?: number } = {}) {
  const written: string[] = []
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      written.push(chunk.toString())
      done()
    },
  })
  return Object.assign(stream, { isTTY, columns, getColorDepth: WriteStream.prototype.getColorDepth, written })
}
