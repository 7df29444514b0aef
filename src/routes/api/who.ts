import type { Administrator } from '../administrators.ts'

/** The name of the token that a request was admitted with, for the list of what was done. */
export function whoOf({ administrator }: { readonly administrator: Administrator | null }): string {
  return administrator?.name ?? 'nobody'
}
