import { createRequire } from 'node:module'

/** Whether an npm package is there that does not come along. */
export function isInstalled(name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(name)
    return true
  } catch {
    return false
  }
}
