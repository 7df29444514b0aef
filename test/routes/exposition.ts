/** A metric as /metrics shows it. */
export interface Family {
  readonly name: string
  readonly type: string
  readonly help: string
  /** The lines of its samples. */
  readonly series: readonly string[]
}

/**
 * Reads the text format of Prometheus (https://prometheus.io/docs/instrumenting/exposition_formats/).
 * @throws {Error} for a line that it does not know, a metric that is told twice, or a sample before its metric
 */
export function families(text: string): Family[] {
  const found = new Map<string, { name: string; type: string; help: string; series: string[] }>()
  let current: { name: string; type: string; help: string; series: string[] } | undefined
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const [, help, helpText] = /^# HELP (\S+) (.*)$/.exec(line) ?? []
    if (help !== undefined) {
      if (found.has(help)) throw new Error(`told twice: ${help}`)
      current = { name: help, type: '', help: helpText ?? '', series: [] }
      found.set(help, current)
      continue
    }
    const [, typed, type] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? []
    if (typed !== undefined) {
      if (current?.name !== typed || current.type !== '') throw new Error(`out of place: ${line}`)
      current.type = type ?? ''
      continue
    }
    const [, sample] = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{.*\})? (\S+)( \d+)?$/.exec(line) ?? []
    if (sample === undefined || current === undefined) throw new Error(`no sample: ${line}`)
    const suffix = sample.slice(current.name.length)
    const suffixes =
      current.type === 'histogram' || current.type === 'summary' ? ['_bucket', '_sum', '_count', ''] : ['']
    if (!sample.startsWith(current.name) || !suffixes.includes(suffix)) throw new Error(`out of place: ${line}`)
    current.series.push(line)
  }
  return [...found.values()]
}
