import type { SettingProblem } from '../contract/connector.ts'
import type { Settings } from './settings.ts'

/** From "acme" or any URL of its community. */
function companyOf(text: string): string | null {
  return nameOf(/^(?:https?:\/\/)?(?:www\.)?getsatisfaction\.com\/([^/?#]+)/i.exec(text.trim())?.[1] ?? text)
}

/** From "acme_rockets" or the URL of its page; '' for no product, null if it cannot be read. */
function productOf(text: string): string | null {
  if (text.trim() === '') return ''
  return nameOf(/\/products\/([^/?#]+)/i.exec(text)?.[1] ?? text)
}

function nameOf(text: string): string | null {
  const name = text.trim()
  return /^[\p{L}\p{N}_.-]{1,100}$/u.test(name) && !/^\.+$/.test(name) ? name : null
}

function baseOf(text: string): string | null {
  const trimmed = text.trim()
  if (!URL.canParse(trimmed)) return null
  const { protocol, username, password, search, hash, origin, pathname } = new URL(trimmed)
  if (!['http:', 'https:'].includes(protocol) || `${username}${password}${search}${hash}` !== '') return null
  return `${origin}${pathname}`.replace(/\/+$/, '')
}

export interface Place {
  /** Of the API, without a slash at the end. */
  readonly base: string
  readonly company: string
  /** Empty for the whole company. */
  readonly product: string
  readonly login: { readonly email: string; readonly password: string } | null
}

export function placeOf(settings: Settings): Place | SettingProblem[] {
  const { email, password } = settings
  const [base, company, product] = [baseOf(settings.base_url), companyOf(settings.company), productOf(settings.product)]
  const problems: SettingProblem[] = []
  const tell = (setting: string, problem: string): void => void problems.push({ setting, problem })
  if (company === null) tell('company', 'is not the name of a company; write it like "acme"')
  if (product === null) tell('product', 'is not the name of a product; write it like "acme_rockets"')
  if (base === null) tell('base_url', 'is not an http or https address, or has a login or a query in it')
  if (email !== undefined && password === undefined) tell('password', 'is needed along with email')
  if (password !== undefined && email === undefined) tell('email', 'is needed along with password')
  if (email?.includes(':') === true) tell('email', 'has ":" in it, which Basic authentication does not allow')
  if (problems.length > 0 || base === null || company === null || product === null) return problems
  return { base, company, product, login: email === undefined || password === undefined ? null : { email, password } }
}

/** Null for an archive, which may have no pages. */
export function ticketUrl({ base, company }: Place): string | null {
  const isOwn = /^([\w-]+\.)?getsatisfaction\.com$/.test(new URL(base).hostname)
  return isOwn ? `https://getsatisfaction.com/${company}` : null
}

export function inWords({ company, product }: Place): string {
  return product === '' ? `the company ${company}` : `the product ${product} of ${company}`
}
