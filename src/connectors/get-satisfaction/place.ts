import type { SettingProblem } from '../contract/connector.ts'
import { baseUrl, NOT_A_BASE_URL } from '../kit/base-url.ts'
import type { Settings } from './settings.ts'

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
  const base = baseUrl(settings.base_url)
  const [company, product] = [companyOf(settings.company), productOf(settings.product)]
  const problems: SettingProblem[] = []
  const tell = (setting: string, problem: string): void => void problems.push({ setting, problem })
  if (company === null) tell('company', 'must be the name of a company, like "acme", or the URL of its community')
  if (product === null) tell('product', 'must be the name of a product, like "acme_rockets", or the URL of its page')
  if (base === null) tell('base_url', NOT_A_BASE_URL)
  if (email !== undefined && password === undefined) tell('password', 'is missing; email needs it')
  if (password !== undefined && email === undefined) tell('email', 'is missing; password needs it')
  if (email?.includes(':') === true) tell('email', 'must not contain ":", which Basic authentication does not allow')
  if (problems.length > 0 || base === null || company === null || product === null) return problems
  return { base, company, product, login: email === undefined || password === undefined ? null : { email, password } }
}

function companyOf(text: string): string | null {
  return nameOf(/^(?:https?:\/\/)?(?:www\.)?getsatisfaction\.com\/([^/?#]+)/i.exec(text.trim())?.[1] ?? text)
}

function productOf(text: string): string | null {
  return text.trim() === '' ? '' : nameOf(/\/products\/([^/?#]+)/i.exec(text)?.[1] ?? text)
}

function nameOf(text: string): string | null {
  const name = text.trim()
  return /^[\p{L}\p{N}_.-]{1,100}$/u.test(name) && !/^\.+$/.test(name) ? name : null
}

/** Null for an archive, which may have no pages. */
export function ticketUrl({ base, company }: Place): string | null {
  const isOwn = /^([\w-]+\.)?getsatisfaction\.com$/.test(new URL(base).hostname)
  return isOwn ? `https://getsatisfaction.com/${company}` : null
}

export function inWords({ company, product }: Place): string {
  return product === '' ? `the company ${company}` : `the product ${product} of ${company}`
}
