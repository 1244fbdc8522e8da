// OpenTelemetry spans: request → run → step → node → write. Without an SDK (see otlp.ts) they cost next to nothing.
import {
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  context,
  propagation,
  trace,
} from '@opentelemetry/api';
import { type ExecutionArgs, getOperationAST } from 'graphql';
import type { Origin, Run } from '../session/run.ts';
import type { Session } from '../session/session.ts';
import { currentRequestId } from './log.ts';

const tracer = trace.getTracer('session-gateway');

/** The request that is being served, for the runs it makes. */
export function currentOrigin(): Origin {
  const carrier: Record<string, string> = {};
  propagation.inject(context.active(), carrier);
  return {
    requestId: currentRequestId(),
    traceparent: carrier['traceparent'] ?? null,
  };
}

/** Does `work` as part of the trace that a request's headers name, if they name one. */
export function continueTrace<Result>(
  headers: Readonly<Record<string, unknown>>,
  work: () => Result,
): Result {
  return context.with(propagation.extract(context.active(), headers), work);
}

/** Does `work` within a span of one GraphQL operation. */
export async function traceOperation<Result>(
  { document, operationName }: ExecutionArgs,
  work: () => Result | Promise<Result>,
): Promise<Result> {
  const operation = getOperationAST(document, operationName);
  const type = operation?.operation ?? 'query';
  const name = operation?.name?.value;
  const attributes = {
    'graphql.operation.type': type,
    ...(name !== undefined && { 'graphql.operation.name': name }),
  };
  const span = tracer.startSpan(type, { kind: SpanKind.SERVER, attributes });
  return within(context.active(), span, work);
}

/** The spans of one attempt: the run's, of its supersteps, of the nodes in them, and of what is written. */
export class AttemptTrace {
  readonly #context: Context;
  readonly #run: Span;
  /** By namespace: when its next superstep began, and its span once something of it is written. */
  readonly #steps = new Map<string, { readonly startTime: number; span?: Span }>();

  constructor(session: Session, run: Run) {
    const carrier = run.origin?.traceparent == null ? {} : { traceparent: run.origin.traceparent };
    const parent = propagation.extract(ROOT_CONTEXT, carrier);
    const attributes = {
      'session.id': session.id,
      'session_gateway.graph': session.graphId,
      'session_gateway.run.id': run.id,
      'session_gateway.run.attempt': run.attempt,
    };
    this.#run = tracer.startSpan('run', { kind: SpanKind.CONSUMER, attributes }, parent);
    this.#context = trace.setSpan(parent, this.#run);
    this.#steps.set('', { startTime: Date.now() });
  }

  /** Does the attempt's work; spans that the graph makes are the run's children. */
  work<Result>(work: () => Result): Result {
    return context.with(this.#context, work);
  }

  /** A checkpoint's write, which ends its superstep. An input's checkpoint (step -1) belongs to none. */
  async checkpoint<Result>(
    namespace: string,
    step: number,
    write: () => Promise<Result>,
  ): Promise<Result> {
    const current = step < 0 ? undefined : this.#step(namespace);
    const parent = current === undefined ? this.#context : trace.setSpan(this.#context, current);
    try {
      return await within(parent, tracer.startSpan('checkpoint put', {}, parent), write);
    } finally {
      current?.updateName(`step ${step}`).setAttribute('session_gateway.step', step).end();
      this.#steps.set(namespace, { startTime: Date.now() });
    }
  }

  /** The writes of a task, which end its node. Tasks of a superstep begin with it. */
  async writes(
    namespace: string,
    nodeOf: () => Promise<string | null>,
    failed: boolean,
    write: () => Promise<void>,
  ): Promise<void> {
    const step = this.#step(namespace);
    const startTime = this.#steps.get(namespace)?.startTime ?? Date.now();
    const parent = trace.setSpan(this.#context, step);
    const span = tracer.startSpan('task', { startTime }, parent);
    if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
    await within(parent, span, async () => {
      const own = trace.setSpan(parent, span);
      const written = within(own, tracer.startSpan('checkpoint putWrites', {}, own), write);
      const named = nodeOf().then((node) => node !== null && span.updateName(`node ${node}`));
      await Promise.all([written, named]);
    });
  }

  end(status: string): void {
    for (const { span } of this.#steps.values()) span?.end();
    this.#run.setAttribute('session_gateway.run.status', status);
    if (status === 'FAILED') this.#run.setStatus({ code: SpanStatusCode.ERROR });
    this.#run.end();
  }

  #step(namespace: string): Span {
    const step = this.#steps.get(namespace) ?? { startTime: Date.now() };
    this.#steps.set(namespace, step);
    if (step.span === undefined) {
      const attributes = { 'session_gateway.namespace': namespace };
      const { startTime } = step;
      const parent = this.#enclosing(namespace);
      step.span = tracer.startSpan('step', { startTime, attributes }, parent);
    }
    return step.span;
  }

  /** A subgraph's steps belong to the step that its task runs in. */
  #enclosing(namespace: string): Context {
    if (namespace === '') return this.#context;
    const outer = namespace.split('|').slice(0, -1).join('|');
    return trace.setSpan(this.#context, this.#step(outer));
  }
}

async function within<Result>(
  parent: Context,
  span: Span,
  work: () => Result | Promise<Result>,
): Promise<Result> {
  try {
    return await context.with(trace.setSpan(parent, span), work);
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR });
    throw error;
  } finally {
    span.end();
  }
}
