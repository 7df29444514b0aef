import { statSync } from 'node:fs'

/** How far the copy of a database is: so many bytes of about so many are there, or all are, and it is read through. */
export type CopyStep = { readonly copied: number; readonly total: number } | 'checking'

const INTERVAL_MS = 100

/** Tells how large a file is that grows to about `total` bytes while the work takes. */
export async function tellingSize<T>(
  file: string,
  total: number,
  told: (step: CopyStep) => void,
  work: Promise<T>,
): Promise<T> {
  const tell = (): void => told({ copied: Math.min(sizeOf(file), total), total })
  tell()
  const timer = setInterval(tell, INTERVAL_MS)
  try {
    const done = await work
    told('checking')
    return done
  } finally {
    clearInterval(timer)
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}
