import type { ComponentChildren } from 'preact'
import { renderToString } from 'preact-render-to-string'
import { Glyphs } from './states.tsx'

/** What every page says besides its own. */
export interface Frame {
  /** What the addresses of the relay begin with, for browsers: empty, or such as `/relay`. */
  readonly base: string
  readonly version: string
  /** Of the style sheet and the script, so that a browser takes new ones. */
  readonly assets: string
  /** Null: nobody has signed in. @property csrf null: the page is one without forms of these pages */
  readonly who: { readonly name: string; readonly role: 'read' | 'operate'; readonly csrf: string | null } | null
  /** How many requests were refused and are kept; null: unknown. */
  readonly rejected: string | null
  /** Milliseconds since 1970. */
  readonly now: number
}

const PAGES = [
  ['/', 'Overview'],
  ['/activities', 'Activities'],
  ['/integrations', 'Integrations'],
  ['/links', 'Links'],
  ['/rejected', 'Rejected'],
  ['/replays', 'Replays'],
  ['/set-up', 'Set-up'],
] as const

export type PagePath = (typeof PAGES)[number][0]

interface PageProps {
  readonly frame: Frame
  /** Says the state: "JIRA is held, 2 dead". */
  readonly title: string
  /** Null: a page that the navigation does not name. */
  readonly current: PagePath | null
  /** The page's content follows what happens. */
  readonly live?: boolean
  readonly children: ComponentChildren
}

/** A whole page, escaped throughout, since Preact makes it. */
export function pageHtml(props: PageProps): string {
  return `<!doctype html>\n${renderToString(<Page {...props} />)}\n`
}

function Page({ frame, title, current, live = false, children }: PageProps) {
  const { base, assets, who, version } = frame
  return (
    <html lang="en" data-base={base}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{`${title} – Tracker Relay`}</title>
        <link rel="stylesheet" href={`${base}/assets/style.css?${assets}`} />
        <link rel="icon" href={`${base}/assets/icon.svg?${assets}`} type="image/svg+xml" />
        {who === null ? null : <script defer src={`${base}/assets/idiomorph.min.js?${assets}`} />}
        {who === null ? null : <script type="module" src={`${base}/assets/page.js?${assets}`} />}
      </head>
      <body>
        <a class="skip" href="#main">
          Skip to content
        </a>
        <Glyphs />
        <header class="top">
          <div>
            <a class="brand" href={`${base}/`}>
              Tracker Relay
            </a>
            {who === null ? null : <Navigation frame={frame} current={current} />}
            {who === null ? null : who.csrf === null ? (
              <p class="who">
                Signed in: {who.name} ({who.role})
              </p>
            ) : (
              <form class="who" method="post" action={`${base}/sign-out`}>
                <Csrf frame={frame} />
                <span>
                  Signed in: {who.name} ({who.role})
                </span>
                <button type="submit">Sign out</button>
              </form>
            )}
          </div>
        </header>
        <main id="main" tabindex={-1} data-live={live ? '' : undefined}>
          {children}
        </main>
        <footer class="foot">
          <p>
            Tracker Relay {version}{' '}
            {who === null ? null : (
              <>
                · <a href={`${base}/audit`}>Audit list</a> · <a href={`${base}/openapi.json`}>API</a>{' '}
              </>
            )}
            {/* A script says it in more words, so it stands behind what is clicked. */}·{' '}
            <span data-zone>Times are UTC.</span> <span class="fail" role="status" data-broken></span>
          </p>
        </footer>
      </body>
    </html>
  )
}

function Navigation({ frame: { base, rejected }, current }: { frame: Frame; current: PagePath | null }) {
  return (
    <nav class="nav" aria-label="Pages">
      <ul>
        {PAGES.map(([path, name]) => (
          <li>
            <a href={`${base}${path}`} aria-current={path === current ? 'page' : undefined}>
              {name}
              {path === '/rejected' && rejected !== null && rejected !== '0' ? (
                <span class="n"> ({rejected})</span>
              ) : null}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  )
}

/** Every form has it: no other site can submit one in an administrator's browser. */
export function Csrf({ frame: { who } }: { frame: Frame }) {
  return <input type="hidden" name="_csrf" value={who?.csrf ?? ''} />
}

/** A button that does something at once: a form of its own, so that it works without scripts. */
export function Action({ frame, to, main, disabled, children, about }: ActionProps) {
  const cannot = frame.who?.role !== 'operate'
  return (
    <form method="post" action={`${frame.base}${to}`}>
      <Csrf frame={frame} />
      <button
        type="submit"
        class={main === true ? 'main' : undefined}
        disabled={disabled === true || cannot}
        title={cannot ? 'Your token may only read' : undefined}
      >
        {children}
        {about === undefined ? null : <span class="vh"> ({about})</span>}
      </button>
    </form>
  )
}

interface ActionProps {
  readonly frame: Frame
  readonly to: string
  readonly main?: boolean
  readonly disabled?: boolean
  /** What it acts on, for those who do not see where the button stands. */
  readonly about?: string
  readonly children: ComponentChildren
}

/** A number that is not there. */
export function Nothing({ says = 'none' }: { says?: string }) {
  return (
    <>
      <span class="soft" aria-hidden="true">
        –
      </span>
      <span class="vh">{says}</span>
    </>
  )
}
