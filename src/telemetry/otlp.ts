// Sends spans to an OpenTelemetry collector. Loaded only where one is named: it adds to the start.
import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';

/**
 * Starts to export. Where to, and with what headers, the exporter reads from OpenTelemetry's own variables.
 * @returns what sends the rest and ends it
 */
export function startExporting(role: string): AsyncDisposable {
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': 'session-gateway',
      'session_gateway.role': role,
    }).merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
  return { [Symbol.asyncDispose]: () => provider.shutdown().catch(() => undefined) };
}
