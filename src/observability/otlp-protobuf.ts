import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'

export const createExporter = (): OTLPTraceExporter => new OTLPTraceExporter()
