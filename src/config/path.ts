/** The keys, and the indexes from 0, that lead to a setting. */
export type Path = readonly (string | number)[]

/** The path as a JSON pointer, as ajv writes it. */
export function pointer(path: Path): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** The path as in `projects[0].id`. */
export function pathText(path: Path): string {
  return path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('')
}

/** Reads a JSON pointer into the value, which tells an index from a key. */
export function pathOf(text: string, value: unknown): Path {
  let current = value
  return text
    .split('/')
    .slice(1)
    .map((step) => {
      const key = step.replaceAll('~1', '/').replaceAll('~0', '~')
      const index = Array.isArray(current) ? Number(key) : null
      current = typeof current === 'object' && current !== null ? Reflect.get(current, key) : undefined
      return index ?? key
    })
}
