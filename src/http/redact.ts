/**
 * Hides the secrets in every form that a request or an answer may show: as they are, percent-encoded, escaped in JSON
 * or XML, in base64 (also within "user:secret" of Basic credentials). If a secret is an address, its host stays.
 */
export function createRedactor(secrets: readonly string[]): (text: string) => string {
  const forms = [...new Set(secrets.map(withoutHost).flatMap(formsOf))]
    .filter((form) => form !== '')
    // The longest first, so that a secret that holds another one is hidden whole.
    .sort((one, other) => other.length - one.length)
  const cores = [...new Set(secrets.flatMap(base64Cores))]
  const plain = forms.length === 0 ? null : new RegExp(forms.map(escaped).join('|'), 'g')
  return (text) => {
    const rest = cores.reduce(withoutWordsAround, text)
    return plain === null ? rest : rest.replace(plain, '[secret]')
  }
}

/**
 * Hides every run of base64 characters that holds `core`. A regular expression that looks for the beginning of each run
 * would take quadratic time, and the text may be a hostile answer.
 */
function withoutWordsAround(text: string, core: string): string {
  let shown = ''
  let from = 0
  for (let at = text.indexOf(core); at !== -1; at = text.indexOf(core, from)) {
    let start = at
    while (start > from && isBase64(text[start - 1])) start -= 1
    let end = at + core.length
    while (isBase64(text[end])) end += 1
    while (text[end] === '=') end += 1
    shown += `${text.slice(from, start)}[secret]`
    from = end
  }
  return shown + text.slice(from)
}

/** Without "/", so that the words of a path before a secret stay readable. */
const isBase64 = (character = ' '): boolean => /[\w+-]/.test(character)

function withoutHost(secret: string): string {
  if (!/^https?:\/\//i.test(secret) || !URL.canParse(secret)) return secret
  const { pathname, search, hash } = new URL(secret)
  const rest = `${pathname}${search}${hash}`
  return rest === '/' ? '' : rest
}

function formsOf(secret: string): string[] {
  const percent = encodeURIComponent(wellFormed(secret))
  const xml = secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  return [
    secret,
    secret.trim(),
    percent,
    percent.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    new URLSearchParams([['', secret]]).toString().slice(1),
    JSON.stringify(secret).slice(1, -1),
    xml,
    xml.replaceAll('"', '&quot;').replaceAll("'", '&apos;'),
    xml.replaceAll('"', '&quot;').replaceAll("'", '&#39;'),
    // As our own XML-RPC requests write it.
    Array.from(secret, (one) => (/[\x20-\x25\x27-\x3b=\x3f-\x7e]/.test(one) ? one : `&#${one.codePointAt(0)};`)).join(
      '',
    ),
  ]
}

/** encodeURIComponent throws on a lone surrogate. */
const wellFormed = (text: string): string => Buffer.from(text).toString()

/**
 * What every base64 text with the secret in it contains: one of three runs, for the three ways in which the secret's
 * bytes can fall into groups. The characters at the edges depend on the neighbours and are left off. With less than 6
 * bytes, the rest would match by chance.
 */
function base64Cores(secret: string): string[] {
  const bytes = Buffer.from(secret)
  if (bytes.length < 6) return []
  return [0, 1, 2].flatMap((shift) => {
    const whole = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    const start = Math.ceil((shift * 8) / 6)
    const end = Math.floor(((shift + bytes.length) * 8) / 6)
    const core = whole.slice(start, end)
    return [core, core.replaceAll('+', '-').replaceAll('/', '_')]
  })
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
