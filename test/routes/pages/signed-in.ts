import { OPERATOR, READER } from '../api/administered.ts'

export interface Page {
  readonly status: number
  readonly html: string
  /** What a person reads: without tags, and with single blanks. */
  readonly text: string
  /** Of a redirect. */
  readonly location: string | null
}

/** A browser without scripts in which somebody has signed in. */
export interface Browser {
  get(path: string): Promise<Page>
  /** Submits a form of the page that was shown last. @param fields besides the hidden one against forgery */
  submit(path: string, fields?: Record<string, string>): Promise<Page>
  /** Submits, and goes where it leads. */
  follow(path: string, fields?: Record<string, string>): Promise<Page>
  /** As another site would: without the hidden field. */
  forge(path: string, fields?: Record<string, string>): Promise<Page>
}

export async function signedIn(url: string, role: 'operate' | 'read' = 'operate'): Promise<Browser> {
  const cookies = new Map<string, string>()
  let csrf = ''

  async function ask(path: string, form?: Record<string, string>): Promise<Page> {
    const answer = await fetch(`${url}${path}`, {
      redirect: 'manual',
      headers: {
        accept: 'text/html,application/xhtml+xml',
        cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form).toString() }),
    })
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      cookies.set(name, value)
    }
    const html = await answer.text()
    csrf = /name="_csrf" value="([^"]+)"/.exec(html)?.[1] ?? csrf
    return { status: answer.status, html, text: textOf(html), location: answer.headers.get('location') }
  }

  await ask('/sign-in')
  const entered = await ask('/sign-in', { _csrf: csrf, token: role === 'operate' ? OPERATOR : READER })
  if (entered.status !== 303) throw new Error(`the sign-in answered ${entered.status}: ${entered.text}`)
  const submit = (path: string, fields: Record<string, string> = {}): Promise<Page> =>
    ask(path, { _csrf: csrf, ...fields })
  await ask('/audit')
  return {
    get: (path) => ask(path),
    submit,
    async follow(path, fields) {
      const { status, location, html } = await submit(path, fields)
      if (status !== 303 || location === null) throw new Error(`${path} answered ${status}: ${textOf(html)}`)
      return await ask(location)
    },
    forge: (path, fields = {}) => ask(path, fields),
  }
}

function textOf(html: string): string {
  const body = html.replace(/^[\s\S]*<main[^>]*>/, '').replace(/<\/main>[\s\S]*$/, '')
  return body
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
    .replaceAll(/\s+/g, ' ')
    .trim()
}
