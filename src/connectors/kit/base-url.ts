export const NOT_A_BASE_URL = 'must be an http or https URL without a login, query or fragment'

/** Without a slash at the end; null if it is not such a URL. */
export function baseUrl(text: string): string | null {
  const given = text.trim()
  if (!/^https?:\/\//i.test(given) || !URL.canParse(given)) return null
  const { username, password, search, hash, origin, pathname } = new URL(given)
  return `${username}${password}${search}${hash}` === '' ? `${origin}${pathname}`.replace(/\/+$/, '') : null
}
