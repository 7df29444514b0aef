import type { ComponentChildren } from 'preact'
import { Csrf, type Frame, type PagePath, pageHtml } from './frame.tsx'

interface AskProps {
  readonly frame: Frame
  readonly current: PagePath | null
  /** Where somebody goes who does not want to. Without the base, as all paths here. */
  readonly from: { readonly path: string; readonly says: string }
  readonly question: string
  /** What it means, and for how many. */
  readonly children: ComponentChildren
  readonly fields?: ComponentChildren
  readonly to: string
  readonly button: string
}

/** Asks before something is done that cannot be undone with a click. */
export function askPage({ frame, current, from, question, children, fields, to, button }: AskProps): string {
  const cannot = frame.who?.role !== 'operate'
  return pageHtml({
    frame,
    title: question,
    current,
    children: (
      <section class="card stack narrow" aria-labelledby="h">
        <div>
          <p class="crumb">
            <a href={`${frame.base}${from.path}`}>{from.says}</a>
          </p>
          <h1 id="h">{question}</h1>
        </div>
        {children}
        <form method="post" action={`${frame.base}${to}`} class="stack">
          <Csrf frame={frame} />
          {fields}
          <div class="row">
            <button
              type="submit"
              class="main"
              disabled={cannot}
              title={cannot ? 'Your token may only read' : undefined}
            >
              {button}
            </button>
            <a class="btn" href={`${frame.base}${from.path}`}>
              No, back
            </a>
          </div>
          {cannot ? <p class="soft">Your token may only read.</p> : null}
        </form>
      </section>
    ),
  })
}
