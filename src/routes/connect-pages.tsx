import { TOKEN_FIELD } from './form-token.ts'
import { type Frame, pageHtml } from './pages/frame.tsx'

interface AccountPage {
  readonly type: string
  readonly name: string
  readonly path: string
  readonly formToken: string
  /** Null: not authorised. */
  readonly account: string | null
  /** Why the stored credentials cannot be used; null if they can, or there are none. */
  readonly problem: string | null
  /** What the config lacks for an authorisation; null: nothing. */
  readonly lacking: string | null
}

export function accountPage(frame: Frame, page: AccountPage): string {
  const { type, name, path, formToken, account, problem, lacking } = page
  const form = (action: string, label: string, isMain: boolean) => (
    <form method="post" action={path + action}>
      <input type="hidden" name={TOKEN_FIELD} value={formToken} />
      <button type="submit" class={isMain ? 'main' : undefined}>
        {label}
      </button>
    </form>
  )
  return pageHtml({
    frame,
    title: account === null ? `${name} is not authorised` : `${name} writes as ${account}`,
    current: null,
    children: (
      <section class="card stack narrow" aria-labelledby="h">
        <div>
          <Crumb frame={frame} name={name} />
          <h1 id="h">
            Account of {name} <small>{type}</small>
          </h1>
        </div>
        {problem === null ? null : <p class="notice fail">{problem}</p>}
        {account === null ? (
          <p>This integration is not authorised. Its deliveries are kept until it is.</p>
        ) : (
          <p>
            It writes as <b>{account}</b>. Once it is disconnected, its deliveries are kept until it is authorised
            again.
          </p>
        )}
        {lacking === null ? null : <p>{lacking}</p>}
        <div class="row">
          {lacking === null ? form('', account === null ? 'Authorise' : 'Authorise another account', true) : null}
          {account === null && problem === null ? null : form('/disconnect', 'Disconnect', false)}
        </div>
      </section>
    ),
  })
}

export function authorisedPage(frame: Frame, name: string, account: string): string {
  return pageHtml({
    frame,
    title: `${name} is authorised`,
    current: null,
    children: (
      <section class="card stack narrow" aria-labelledby="h">
        <h1 id="h">{name} is authorised</h1>
        <p>
          It writes as <b>{account}</b> from now on.
        </p>
        {frame.who === null ? null : (
          <p>
            <a href={`${frame.base}/integrations/${encodeURIComponent(name)}`}>To the integration</a>
          </p>
        )}
      </section>
    ),
  })
}

export function failedPage(frame: Frame, name: string, path: string, why: string): string {
  return pageHtml({
    frame,
    title: `${name} is not authorised`,
    current: null,
    children: (
      <section class="card stack narrow" aria-labelledby="h">
        <h1 id="h">{name} is not authorised</h1>
        <p class="notice fail">{why}</p>
        <p>
          <a href={path}>Back</a>
        </p>
      </section>
    ),
  })
}

/** Only for those who have signed in here: somebody else has no pages to go back to. */
function Crumb({ frame: { base, who }, name }: { frame: Frame; name: string }) {
  if (who === null) return null
  return (
    <p class="crumb">
      <a href={`${base}/integrations`}>Integrations</a> /{' '}
      <a href={`${base}/integrations/${encodeURIComponent(name)}`}>{name}</a>
    </p>
  )
}
