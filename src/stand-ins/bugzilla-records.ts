/** What a Bugzilla keeps, and how it refuses. */

/** What the server says of itself. */
export const versions = {
  '3.4': '3.4.14',
  '3.6': '3.6.13+',
  '4.0': '4.0.18',
  '4.4': '4.4.14',
  '5.0': '5.0.6',
  '5.2': '5.2+',
  '5.3': '5.3.3+',
  harmony: '5.9.1',
} as const
export type VersionName = keyof typeof versions

export interface User {
  readonly id: number
  readonly login: string
  password: string
  apiKeys: string[]
  groups: string[]
  realName?: string
  /** Users that the others may not know of, as usevisibilitygroups makes them. */
  hidden?: boolean
  disabled?: boolean
  mustChangePassword?: boolean
}

export interface Comment {
  readonly id: number
  readonly author: string
  readonly text: string
  readonly time: Date
  readonly isPrivate: boolean
}

export interface Bug {
  readonly id: number
  status: string
  resolution: string
  readonly reporter: string
  readonly summary: string
  readonly product: string
  readonly component: string
  readonly severity: string
  /** What it is in harmony: defect, enhancement or task. */
  readonly type: string
  readonly createdAt: Date
  /** The login names that may see the bug; null for everybody. */
  visibleTo: readonly string[] | null
  readonly comments: Comment[]
}

export interface Product {
  readonly id: number
  readonly name: string
  readonly components: readonly string[]
  /** The login names that may see it; null for everybody. */
  readonly visibleTo: readonly string[] | null
}

export class BugzillaFault extends Error {
  readonly code: number
  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

export type Params = Readonly<Record<string, unknown>>

/** A parameter that may be one value or several. */
export function listOf(value: unknown): unknown[] {
  if (value === undefined) return []
  return Array.isArray(value) ? value : [value]
}
