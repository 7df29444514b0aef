import type { Tracing } from './tracing.ts'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The exporters that are asked for: by name, or by an address to send traces to. OpenTelemetry's own default is to send
 * them to this machine, which here nobody has asked for.
 */
export function exportersIn(environment: Environment): string[] {
  const value = (name: string): string => environment[name]?.trim() ?? ''
  if (value('OTEL_SDK_DISABLED').toLowerCase() === 'true') return []
  const named = value('OTEL_TRACES_EXPORTER')
  if (named !== '')
    return named
      .split(',')
      .map((each) => each.trim().toLowerCase())
      .filter((each) => each !== '' && each !== 'none')
  const hasAddress = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'].some(
    (name) => value(name) !== '',
  )
  return hasAddress ? ['otlp'] : []
}

/** Null: nobody has asked for traces, and nothing was loaded. */
export async function openTracing(
  environment: Environment,
  parts: { readonly version: string; warn(problem: string): void },
): Promise<Tracing | null> {
  const exporters = exportersIn(environment)
  if (exporters.length === 0) return null
  const { createTracing } = await import('./open-telemetry.ts')
  return await createTracing(exporters, environment, parts)
}
