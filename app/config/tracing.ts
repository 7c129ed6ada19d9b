/** The part of OpenTelemetry's own variables that we read ourselves; the SDK reads the rest. */
export interface TracingRequest {
  /** Undefined when the variables name the service. */
  readonly serviceName: string | undefined
}

/** Whether traces are enabled: an endpoint to send them to is set, and nothing switches them off. */
export function readTracing(env: NodeJS.ProcessEnv): TracingRequest | undefined {
  const endpoints = [env['OTEL_EXPORTER_OTLP_ENDPOINT'], env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']]
  const isOff = env['OTEL_SDK_DISABLED'] === 'true' || env['OTEL_TRACES_EXPORTER'] === 'none'
  if (isOff || !endpoints.some((endpoint) => endpoint !== undefined && endpoint !== '')) {
    return undefined
  }
  const isNamed =
    (env['OTEL_SERVICE_NAME'] ?? '') !== '' ||
    /(?:^|,)\s*service\.name=/.test(env['OTEL_RESOURCE_ATTRIBUTES'] ?? '')
  return { serviceName: isNamed ? undefined : 'hpdummy' }
}
