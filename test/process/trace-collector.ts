import { once } from 'node:events'
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'

interface Attribute {
  readonly key: string
  readonly value: {
    readonly stringValue?: string
    readonly intValue?: number | string
    readonly arrayValue?: { readonly values: readonly { readonly stringValue?: string }[] }
  }
}

/** A span as OTLP writes it in JSON. */
export interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: readonly Attribute[]
  readonly status: { readonly code?: number }
}

interface Export {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] }
    readonly scopeSpans: readonly { readonly spans: readonly Span[] }[]
  }[]
}

/** A collector that takes OTLP over HTTP, in JSON, and keeps what it is told. */
export class TraceCollector {
  readonly spans: Span[] = []
  /** The service's name, by each export. */
  readonly services: (string | number | undefined)[] = []
  /** What it answers; a collector in trouble refuses. */
  status = 200
  readonly #server = createServer((request, response) => {
    void this.#take(request, response)
  })

  static async start(t: TestContext): Promise<TraceCollector> {
    const collector = new TraceCollector()
    collector.#server.listen(0, '127.0.0.1')
    await once(collector.#server, 'listening')
    t.after(() => {
      collector.#server.closeAllConnections()
      collector.#server.close()
    })
    return collector
  }

  /** What OpenTelemetry's variables say to have traces sent here. */
  get environment(): Readonly<Record<string, string>> {
    const { port } = this.#server.address() as AddressInfo
    return {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_BSP_SCHEDULE_DELAY: '100',
    }
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    response.writeHead(this.status, { 'Content-Type': 'application/json' }).end('{}')
    if (request.url !== '/v1/traces' || this.status !== 200) return
    const { resourceSpans } = JSON.parse(Buffer.concat(chunks).toString()) as Export
    for (const { resource, scopeSpans } of resourceSpans) {
      this.services.push(valueOf(resource.attributes, 'service.name'))
      for (const { spans } of scopeSpans) this.spans.push(...spans)
    }
  }
}

/** The value of an attribute, a list with commas between; undefined when there is none. */
export function valueOf(
  attributes: readonly Attribute[],
  name: string,
): string | number | undefined {
  const value = attributes.find(({ key }) => key === name)?.value
  const list = value?.arrayValue?.values.map(({ stringValue }) => stringValue)
  if (list !== undefined) return list.join(',')
  return value?.stringValue ?? (value?.intValue === undefined ? undefined : Number(value.intValue))
}
