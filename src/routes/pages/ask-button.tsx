import type { ComponentChildren } from 'preact'
import type { Frame } from './frame.tsx'

interface AskProps {
  readonly frame: Frame
  /** The page that asks; without the base. */
  readonly to: string
  /** What it acts on, for those who do not see where the button stands. */
  readonly about?: string
  readonly children: ComponentChildren
}

/** A button with "…": it leads to a page that asks first. */
export function Ask({ frame, to, about, children }: AskProps) {
  const inside = (
    <>
      {children}
      {about === undefined ? null : <span class="vh"> ({about})</span>}
    </>
  )
  if (frame.who?.role !== 'operate')
    return (
      <button type="button" disabled title="Your token may only read">
        {inside}
      </button>
    )
  return (
    <a class="btn" href={`${frame.base}${to}`}>
      {inside}
    </a>
  )
}
