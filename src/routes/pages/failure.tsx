import { type Frame, pageHtml } from './frame.tsx'
import type { ApiRefusal } from './page-api.ts'

/** What went wrong, in place of a page. */
export function refusalPage(frame: Frame, { title, message }: ApiRefusal): string {
  return pageHtml({
    frame,
    title,
    current: null,
    children: (
      <section class="card stack narrow" aria-labelledby="h">
        <h1 id="h">{title}</h1>
        <p>{message}</p>
        <p>
          <a href={`${frame.base}/`}>To the overview</a>
        </p>
      </section>
    ),
  })
}
