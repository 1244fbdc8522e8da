// What Prometheus reads at /metrics. Times are in seconds, as Prometheus has them.
import {
  AggregatorRegistry,
  Counter,
  Gauge,
  Histogram,
  Registry,
  collectDefaultMetrics,
} from 'prom-client';

const WRITE_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const HELD_SECONDS = [0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2, 5, 10, 30];
const WAIT_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800];

/** What a process has measured, as JSON. */
export type MetricValues = Parameters<typeof AggregatorRegistry.aggregate>[0][number];

/** The metrics of one gateway. */
export class Metrics {
  readonly #registry = new Registry();

  readonly runs = new Counter({
    name: 'session_gateway_runs_total',
    help: 'Runs that this process moved to each status.',
    labelNames: ['status'],
    registers: [this.#registry],
  });
  readonly running = new Gauge({
    name: 'session_gateway_runs_executing',
    help: 'Runs that this process executes now.',
    registers: [this.#registry],
  });
  readonly stalled = new Gauge({
    name: 'session_gateway_runs_stalled',
    help: 'Runs that this process executes and that have made no progress for RUN_STALLED_AFTER.',
    registers: [this.#registry],
  });
  readonly queueWait = new Histogram({
    name: 'session_gateway_queue_wait_seconds',
    help: 'From the acceptance of a run to the start of its first attempt.',
    buckets: WAIT_SECONDS,
    registers: [this.#registry],
  });
  readonly writeTime = new Histogram({
    name: 'session_gateway_checkpoint_write_seconds',
    help: 'How long the store took for a fenced write of an attempt.',
    labelNames: ['operation'],
    buckets: WRITE_SECONDS,
    registers: [this.#registry],
  });
  readonly events = new Counter({
    name: 'session_gateway_events_published_total',
    help: 'Progress events that this process published, logged and live ones, by type.',
    labelNames: ['type'],
    registers: [this.#registry],
  });
  readonly subscribers = new Gauge({
    name: 'session_gateway_subscribers',
    help: 'Open sessionProgress subscriptions.',
    registers: [this.#registry],
  });
  readonly fenced = new Counter({
    name: 'session_gateway_fenced_writes_total',
    help: 'Writes that were refused because a newer epoch owns the session.',
    registers: [this.#registry],
  });
  readonly handOvers = new Counter({
    name: 'session_gateway_hand_overs_total',
    help: 'Attempts that this process ended because the store refused them; their runs go on later.',
    registers: [this.#registry],
  });
  readonly dependencyUp = new Gauge({
    name: 'session_gateway_dependency_up',
    help: 'Whether the newest check of the store (backend), its tables (migrations) or the queue passed: 1 or 0.',
    labelNames: ['dependency'],
    aggregator: 'min',
    registers: [this.#registry],
  });
  readonly dependencyLosses = new Counter({
    name: 'session_gateway_dependency_losses_total',
    help: 'How often a check of the store, its tables or the queue failed after it had passed.',
    labelNames: ['dependency'],
    registers: [this.#registry],
  });
  readonly schema = new Gauge({
    name: 'session_gateway_schema_info',
    help: 'Always 1; the hash is of the schema that this process serves. Those of one fleet should be the same.',
    labelNames: ['hash'],
    aggregator: 'first',
    registers: [this.#registry],
  });
  readonly orphans = new Gauge({
    name: 'session_gateway_orphan_threads',
    help: 'Threads that have checkpoints but no session, as last looked for by this process.',
    aggregator: 'max',
    registers: [this.#registry],
  });
  readonly eventLoopHeld = new Histogram({
    name: 'session_gateway_event_loop_held_seconds',
    help: 'How long the event loop was held at a time, from 10 ms on; nobody is served meanwhile.',
    buckets: HELD_SECONDS,
    registers: [this.#registry],
  });
  readonly stalledConnections = new Counter({
    name: 'session_gateway_stalled_connections_total',
    help: 'Connections that were ended because their peers took nothing for SUBSCRIBER_TIMEOUT.',
    registers: [this.#registry],
  });
  readonly takeovers = new Counter({
    name: 'session_gateway_takeovers_total',
    help: 'Attempts that this process began because the worker of the one before was dead.',
    registers: [this.#registry],
  });

  /** @param queueDepth how many runs wait for a worker; may fail where the queue cannot be reached */
  constructor(queueDepth: () => Promise<number>) {
    const depth = new Gauge({
      name: 'session_gateway_queue_depth',
      help: 'Runs that wait for a worker.',
      aggregator: 'max',
      registers: [this.#registry],
      async collect() {
        this.set(await queueDepth().catch(() => Number.NaN));
      },
    });
    void depth;
    for (const status of ['QUEUED', 'RUNNING', 'INTERRUPTED', 'SUCCEEDED', 'FAILED', 'CANCELLED'])
      this.runs.inc({ status }, 0);
    collectDefaultMetrics({ register: this.#registry });
  }

  /**
   * The text format of Prometheus.
   * @param others what other processes of the program have measured; it is added
   */
  async text(
    others: readonly MetricValues[] = [],
  ): Promise<{ readonly contentType: string; readonly body: string }> {
    const all = others.length === 0 ? undefined : [await this.values(), ...others];
    const registry = all === undefined ? this.#registry : AggregatorRegistry.aggregate(all);
    return { contentType: this.#registry.contentType, body: await registry.metrics() };
  }

  /** For another process of the program. */
  values(): Promise<MetricValues> {
    return this.#registry.getMetricsAsJSON();
  }
}
