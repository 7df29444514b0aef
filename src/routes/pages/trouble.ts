/** What kind of thing keeps an integration from sending, which decides what a person has to do. */
export type Trouble =
  | 'not authorised'
  | 'clock'
  | 'paid'
  | 'limit'
  | 'account'
  | 'blocked'
  | 'rights'
  | 'credentials'
  | 'unreachable'
  | 'gone'
  | 'database'
  | 'settings'
  | 'other'

/**
 * The reason is a sentence of one of our connectors, and only the sentence is stored. Guessing wrong does no harm: the
 * reason itself is shown above the steps.
 */
export function troubleIn(reason: string): Trouble {
  return KINDS.find(([, pattern]) => pattern.test(reason))?.[0] ?? 'other'
}

const KINDS: readonly (readonly [Trouble, RegExp])[] = [
  ['database', /could not be read from or stored in the database|none of credentials\.keys decrypts|lost key/],
  ['not authorised', /\bnot authorised\b|authorise the account|tracker-relay connect|no key to encrypt/],
  ['clock', /\bclock is \d+ minutes\b/],
  ['paid', /\b402\b|\bcredits\b|spending limit|asks for payment|project or plan/],
  ['limit', /\b429\b|\brate limit\b/],
  ['account', /CAPTCHA|\b(suspended|locked)\b/],
  ['blocked', /private or reserved network/],
  ['rights', /\bscopes?\b|\bmay not\b|does not let|permission|read-only|insider group|not one that may|\bmember of\b/i],
  [
    'credentials',
    /\b(401|403|407)\b|credentials|no longer accepts|does not accept|rejects the|\b(token|password|api_key|signature)\b/i,
  ],
  ['gone', /\b410\b|gone for good|a redirect/],
  [
    'unreachable',
    /answered 5\d\d|\banswered 408\b|cannot be (reached|resolved)|did not answer|no (secure )?connection|without an answer|not HTTP|the proxy refused|web page|something that is not/,
  ],
  ['settings', /\b(check|set|correct|unset|take) [a-z]\w*_\w+|\b[a-z]+_[a-z_]+\b/i],
]

const HIDDEN = '[secret]'

export function secretsAmong<S extends readonly [name: string, value: string]>(settings: readonly S[]): readonly S[] {
  return settings.filter(([name, value]) => value === HIDDEN && !name.startsWith('import.'))
}

/** `{ retry: { jitter: 0 } }` as the row `retry.jitter`, `0`. A secret is hidden whole. */
export function flattened(settings: object | null, prefix = ''): readonly (readonly [name: string, value: string])[] {
  return Object.entries(settings ?? {}).flatMap(([key, value]): (readonly [string, string])[] => {
    const name = `${prefix}${key}`
    if (typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0)
      return [...flattened(value as object, `${name}.`)]
    if (Array.isArray(value) && value.some((each) => typeof each === 'object' && each !== null))
      return value.flatMap((each, at) =>
        typeof each === 'object' && each !== null
          ? [...flattened(each as object, `${name}.${at + 1}.`)]
          : [[`${name}.${at + 1}`, shown(each)] as const],
      )
    return [[name, Array.isArray(value) ? value.map(shown).join(', ') : shown(value)]]
  })
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null)
}
