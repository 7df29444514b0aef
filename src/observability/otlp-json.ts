import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'

export const createExporter = (): OTLPTraceExporter => new OTLPTraceExporter()
