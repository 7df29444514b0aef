import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { eventually } from '../gateway/eventually.ts'

/**
 * A collector that takes traces by OTLP over HTTP, as protobuf and as JSON, and reads them by the protocol's own definition:
 * https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto
 */
export interface OtlpCollector {
  readonly url: string
  readonly spans: readonly ReceivedSpan[]
  /** The content types of the requests. */
  readonly types: ReadonlySet<string>
  /** The headers of the last request. */
  readonly headers: () => Readonly<Record<string, unknown>>
  /** Waits until there are so many of this name. */
  named(name: string, count?: number): Promise<readonly ReceivedSpan[]>
  close(): Promise<void>
}

export interface ReceivedSpan {
  readonly traceId: string
  readonly spanId: string
  /** Empty for one that begins a trace. */
  readonly parentSpanId: string
  readonly traceState: string
  readonly name: string
  /** 1 internal, 2 server, 3 client, 4 producer, 5 consumer */
  readonly kind: number
  readonly startNs: bigint
  readonly endNs: bigint
  readonly attributes: Readonly<Record<string, unknown>>
  /** 0 unset, 1 ok, 2 error */
  readonly status: number
  readonly problem: string
  readonly resource: Readonly<Record<string, unknown>>
}

export async function startOtlpCollector(): Promise<OtlpCollector> {
  const spans: ReceivedSpan[] = []
  const types = new Set<string>()
  let last: Record<string, unknown> = {}
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      last = request.headers
      const type = request.headers['content-type'] ?? ''
      const packed = Buffer.concat(pieces)
      const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(packed) : packed
      if (request.method !== 'POST' || request.url !== '/v1/traces') return response.writeHead(404).end()
      types.add(type)
      if (type === 'application/json') spans.push(...fromJson(JSON.parse(body.toString())))
      else if (type === 'application/x-protobuf') spans.push(...fromProtobuf(body))
      else return response.writeHead(415).end()
      return response.writeHead(200, { 'content-type': type }).end(type === 'application/json' ? '{}' : '')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    types,
    headers: () => last,
    named: (name, count = 1) =>
      eventually(
        () => spans.filter((span) => span.name === name),
        (found) => found.length >= count,
        `${count} spans "${name}"`,
      ),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

interface JsonAttribute {
  readonly key: string
  readonly value: Readonly<Record<string, unknown>>
}

interface JsonRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly JsonAttribute[] }
    readonly scopeSpans: readonly {
      readonly spans: readonly {
        readonly traceId: string
        readonly spanId: string
        readonly parentSpanId?: string
        readonly traceState?: string
        readonly name: string
        readonly kind: number
        readonly startTimeUnixNano: string
        readonly endTimeUnixNano: string
        readonly attributes: readonly JsonAttribute[]
        readonly status: { readonly code?: number; readonly message?: string }
      }[]
    }[]
  }[]
}

function fromJson({ resourceSpans }: JsonRequest): ReceivedSpan[] {
  const valuesOf = (attributes: readonly JsonAttribute[]): Record<string, unknown> =>
    Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        ...{ traceId: span.traceId, spanId: span.spanId, name: span.name, kind: span.kind },
        parentSpanId: span.parentSpanId ?? '',
        traceState: span.traceState ?? '',
        startNs: BigInt(span.startTimeUnixNano),
        endNs: BigInt(span.endTimeUnixNano),
        attributes: valuesOf(span.attributes),
        status: span.status.code ?? 0,
        problem: span.status.message ?? '',
        resource: valuesOf(resource.attributes),
      })),
    ),
  )
}

/** The fields of a message by their numbers: https://protobuf.dev/programming-guides/encoding/ */
type Fields = ReadonlyMap<number, readonly (Buffer | bigint)[]>

function fieldsOf(message: Buffer): Fields {
  const fields = new Map<number, (Buffer | bigint)[]>()
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = message[at++]
      if (byte === undefined) throw new Error('a number breaks off')
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  const bytes = (count: number): Buffer => {
    if (at + count > message.length) throw new Error('a field breaks off')
    at += count
    return message.subarray(at - count, at)
  }
  while (at < message.length) {
    const tag = Number(varint())
    const wire = tag & 7
    if (wire !== 0 && wire !== 1 && wire !== 2 && wire !== 5) throw new Error(`there is no wire type ${wire}`)
    const value =
      wire === 0
        ? varint()
        : wire === 2
          ? bytes(Number(varint()))
          : wire === 1
            ? bytes(8).readBigUInt64LE()
            : BigInt(bytes(4).readUInt32LE())
    fields.set(tag >> 3, [...(fields.get(tag >> 3) ?? []), value])
  }
  return fields
}

function fromProtobuf(body: Buffer): ReceivedSpan[] {
  const inner = (fields: Fields, number: number): Fields[] =>
    (fields.get(number) ?? []).map((each) => {
      if (typeof each === 'bigint') throw new Error(`field ${number} is no message`)
      return fieldsOf(each)
    })
  const first = (fields: Fields, number: number): Buffer | bigint | undefined => fields.get(number)?.[0]
  const bytes = (fields: Fields, number: number): Buffer => {
    const value = first(fields, number) ?? Buffer.alloc(0)
    if (typeof value === 'bigint') throw new Error(`field ${number} is a number`)
    return value
  }
  const text = (fields: Fields, number: number): string => bytes(fields, number).toString()
  const number = (fields: Fields, at: number): bigint => {
    const value = first(fields, at) ?? 0n
    if (typeof value !== 'bigint') throw new Error(`field ${at} is no number`)
    return value
  }
  const anyValue = (value: Fields): unknown => {
    if (value.has(1)) return text(value, 1)
    if (value.has(2)) return number(value, 2) === 1n
    return value.has(3) ? String(number(value, 3)) : null
  }
  const valuesOf = (fields: Fields, at: number): Record<string, unknown> =>
    Object.fromEntries(inner(fields, at).map((each) => [text(each, 1), inner(each, 2).map(anyValue)[0]]))
  return inner(fieldsOf(body), 1).flatMap((ofResource) =>
    inner(ofResource, 2).flatMap((ofScope) =>
      inner(ofScope, 2).map((span) => {
        const [status = new Map()] = inner(span, 15)
        return {
          traceId: bytes(span, 1).toString('hex'),
          spanId: bytes(span, 2).toString('hex'),
          traceState: text(span, 3),
          parentSpanId: bytes(span, 4).toString('hex'),
          name: text(span, 5),
          kind: Number(number(span, 6)),
          startNs: number(span, 7),
          endNs: number(span, 8),
          attributes: valuesOf(span, 9),
          problem: text(status, 2),
          status: Number(number(status, 3)),
          resource: inner(ofResource, 1).map((each) => valuesOf(each, 1))[0] ?? {},
        }
      }),
    ),
  )
}
