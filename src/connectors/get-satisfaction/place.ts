import type { Settings } from './settings.ts'

/** The company's name in "acme" or in any address of its community; null when the text names none. */
export function companyOf(text: string): string | null {
  return nameOf(/^(?:https?:\/\/)?(?:www\.)?getsatisfaction\.com\/([^/?#]+)/i.exec(text.trim())?.[1] ?? text)
}

/** The product's name in "acme_rockets" or in the address of its page; '' for no product, null when it names none. */
export function productOf(text: string): string | null {
  if (text.trim() === '') return ''
  return nameOf(/\/products\/([^/?#]+)/i.exec(text)?.[1] ?? text)
}

function nameOf(text: string): string | null {
  const name = text.trim()
  return /^[\p{L}\p{N}_.-]{1,100}$/u.test(name) && !/^\.+$/.test(name) ? name : null
}

/** The address that every request begins with, without a slash at its end; null when it cannot be read. */
export function baseOf(text: string): string | null {
  const trimmed = text.trim()
  if (!URL.canParse(trimmed)) return null
  const { protocol, username, password, search, hash, origin, pathname } = new URL(trimmed)
  if (!['http:', 'https:'].includes(protocol) || `${username}${password}${search}${hash}` !== '') return null
  return `${origin}${pathname}`.replace(/\/+$/, '')
}

/** Null for an archive: where its topics' pages are, if it has any, is not known. */
export function ticketUrl({ company, base_url }: Pick<Settings, 'company' | 'base_url'>): string | null {
  const base = baseOf(base_url)
  const isOwn = base !== null && /^([\w-]+\.)?getsatisfaction\.com$/.test(new URL(base).hostname)
  return isOwn ? `https://getsatisfaction.com/${companyOf(company) ?? company}` : null
}

/** Problems that the schema cannot say. */
export function examine({ company, product, base_url, email, password }: Settings) {
  const problems: { setting: string; problem: string }[] = []
  const tell = (setting: string, problem: string): void => void problems.push({ setting, problem })
  if (companyOf(company) === null) tell('company', 'is no name of a company; write it like "acme"')
  if (productOf(product) === null) tell('product', 'is no name of a product; write it like "acme_rockets"')
  if (baseOf(base_url) === null) tell('base_url', 'is no http or https address, or holds a login or a query')
  if (email !== undefined && password === undefined) tell('password', 'is needed along with email')
  if (password !== undefined && email === undefined) tell('email', 'is needed along with password')
  if (email?.includes(':') === true) tell('email', 'holds ":", which no login of this kind can carry')
  return problems
}
