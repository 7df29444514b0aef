/**
 * Sent with every request. This version of the API is supported until March 2028 at least (github.blog/changelog,
 * 2026-03-12) and is the latest that older Enterprise Servers know.
 */
export const HEADERS = {
  accept: 'application/vnd.github+json',
  'x-github-api-version': '2022-11-28',
} as const
