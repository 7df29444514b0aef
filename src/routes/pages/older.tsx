import type { Frame } from './frame.tsx'
import { type Query, withQuery } from './page-api.ts'

interface OlderProps {
  readonly frame: Frame
  readonly path: string
  /** The filters that stay. */
  readonly query: Query
  /** Null: this is the last page. */
  readonly next: string | null
  readonly says?: string
}

/** The link to the next page of a list. */
export function Older({ frame, path, query, next, says = 'More' }: OlderProps) {
  if (next === null) return null
  return (
    <p>
      <a class="btn" href={`${frame.base}${withQuery(path, { ...query, cursor: next })}`}>
        {says}
      </a>
    </p>
  )
}
