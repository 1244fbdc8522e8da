// WORKERS: one program of several processes. The one that was started accepts and serves; its children execute runs. They end with
// it, and one that dies is replaced; its runs are taken over as those of any dead worker.
import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { AggregatorRegistry } from 'prom-client';
import type { Config } from './config.ts';
import { environment } from './config.ts';
import { GatewayError } from './errors.ts';
import type { SiblingMessage, Siblings } from './session/ports.ts';
import type { MetricValues } from './telemetry/metrics.ts';

/** What passes between the processes. Messages are sent together, once in a turn of the event loop. */
type Message =
  | { readonly type: 'ready' }
  | { readonly type: 'messages'; readonly messages: readonly SiblingMessage[] }
  | { readonly type: 'measure'; readonly asked: number }
  | { readonly type: 'measured'; readonly asked: number; readonly values: MetricValues };

/** A process that ends sooner than this after its start is replaced only after this time. */
const SHORT_LIFE_MS = 2000;
/** How long a process may take to tell what it has measured. */
const MEASURED_MS = 1000;
/** How much longer than its own time-out a child may take to end. */
const END_MS = 5000;

/** The other processes of the program, as a gateway has them. */
export interface Fleet extends Siblings {
  /** What each of the others has measured. */
  measure?(): Promise<MetricValues[]>;
  /** What `/ready` checks of them. */
  readonly checks?: Readonly<Record<string, () => Promise<void>>>;
  /** @param measure tells what this process has measured */
  ready?(measure: () => Promise<MetricValues>): void;
}

type Listener = (message: SiblingMessage) => void;

/**
 * The processes that execute runs, as the one that serves has them.
 * `main` is the program's file.
 */
export class WorkerProcesses implements Fleet, AsyncDisposable {
  readonly #main: string;
  readonly #config: Config;
  readonly #log: Logger;
  readonly #children: (WorkerProcess | undefined)[];
  readonly #listeners: Listener[] = [];
  readonly checks = {
    workers: async () => {
      if (this.#haveStarted && !this.#children.some((child) => child?.works))
        throw new Error('No worker process runs.');
    },
  };
  #turn = 0;
  /** The counters and histograms of processes that have ended. */
  #counted: MetricValues | undefined;
  #haveStarted = false;
  #isEnding = false;

  constructor(main: string, config: Config, log: Logger) {
    this.#main = main;
    this.#config = config;
    this.#log = log;
    this.#children = Array.from({ length: config.WORKERS });
  }

  /**
   * Starts WORKERS processes of the program, and waits until they work.
   * @throws GatewayError BACKEND_UNAVAILABLE where one ends instead; it has said why
   */
  async start(): Promise<void> {
    const started = [...this.#children.keys()].map((place) => this.#start(place));
    const areReady = await Promise.all(started);
    this.#haveStarted = true;
    if (areReady.every(Boolean) || this.#isEnding) return;
    this.#isEnding = true;
    throw new GatewayError('BACKEND_UNAVAILABLE', 'A worker process did not start.');
  }

  /** A run goes to one of the processes, in turn; a signal to all of them. */
  send(message: SiblingMessage): void {
    const children = this.#running().filter((child) => child.works);
    if (message.type === 'signal') for (const child of children) child.send(message);
    else children[(this.#turn += 1) % children.length]?.send(message);
  }

  receive(listener: Listener): void {
    this.#listeners.push(listener);
  }

  /** What each of them has measured, and what those had counted that have ended: a counter never goes down. */
  async measure(): Promise<MetricValues[]> {
    const measured = await Promise.all(this.#running().map((child) => child.measure()));
    return this.#counted === undefined ? measured : [...measured, this.#counted];
  }

  /** Has them hand over what they execute, and waits until they have ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isEnding = true;
    const { SHUTDOWN_DELAY, SHUTDOWN_TIMEOUT } = this.#config;
    const longestMs = SHUTDOWN_DELAY + SHUTDOWN_TIMEOUT + END_MS;
    await Promise.all(this.#running().map((child) => child.end(longestMs)));
  }

  #running(): WorkerProcess[] {
    return this.#children.filter((child) => child !== undefined);
  }

  /** @returns false where it ended before it was ready */
  async #start(place: number): Promise<boolean> {
    const child = new WorkerProcess(this.#main, (message) => {
      for (const listener of this.#listeners) listener(message);
    });
    this.#children[place] = child;
    void child.ended.then((how) => this.#replace(place, how, child));
    return child.isReady;
  }

  async #replace(place: number, how: string, child: WorkerProcess): Promise<void> {
    this.#children[place] = undefined;
    if (this.#isEnding) return;
    const { startedAt, measured } = child;
    this.#counted = await addCounts(this.#counted, measured);
    this.#log.error({ ended: how }, 'a worker process ended; another takes its place');
    let isShort = performance.now() - startedAt < SHORT_LIFE_MS;
    for (let isStarted = false; !isStarted; isShort = true) {
      if (isShort) await sleep(SHORT_LIFE_MS);
      if (this.#isEnding) return;
      try {
        isStarted = true;
        await this.#start(place);
      } catch (error) {
        // The machine has no room for another process now.
        isStarted = false;
        this.#log.error({ err: error }, 'a worker process could not be started');
      }
    }
  }
}

async function addCounts(
  before: MetricValues | undefined,
  ended: MetricValues,
): Promise<MetricValues> {
  const counts = (ended as unknown as readonly { readonly type: unknown }[]).filter(({ type }) =>
    ['counter', 'histogram'].includes(String(type)),
  ) as unknown as MetricValues;
  if (before === undefined) return counts;
  return AggregatorRegistry.aggregate([before, counts]).getMetricsAsJSON();
}

class WorkerProcess {
  readonly startedAt = performance.now();
  /** How it ended: its exit code, or the signal. */
  readonly ended: Promise<string>;
  /** What it told last of what it has measured. */
  measured: MetricValues = [];
  /** Whether it is ready. */
  works = false;
  /** False where it ended before. */
  readonly isReady: Promise<boolean>;
  readonly #child: ChildProcess;
  readonly #outbox: Outbox;
  readonly #measuring = new Map<number, () => void>();
  #asked = 0;

  constructor(main: string, receive: Listener) {
    const child = spawn(process.execPath, [...process.execArgv, main, 'serve', '--as-worker'], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...environment(), ROLE: 'worker', WORKERS: '0' },
    });
    this.#child = child;
    this.#outbox = new Outbox((message) => {
      if (child.connected) child.send(message, () => undefined);
    });
    const ready = Promise.withResolvers<boolean>();
    this.isReady = ready.promise;
    const ended = Promise.withResolvers<string>();
    this.ended = ended.promise;
    const end = (how: string) => {
      this.works = false;
      ready.resolve(false);
      ended.resolve(how);
      for (const resolve of this.#measuring.values()) resolve();
    };
    child.once('exit', (code, signal) => end(code === null ? String(signal) : `code ${code}`));
    child.on('error', (error) => {
      // It could not be started.
      if (child.pid === undefined) end(error.message);
    });
    // Whatever else a graph sends is not for us.
    child.on('message', (message: Partial<Message> | null) => {
      if (message?.type === 'ready') {
        this.works = true;
        ready.resolve(true);
      }
      if (message?.type === 'messages') for (const each of message.messages ?? []) receive(each);
      if (message?.type === 'measured') {
        this.measured = message.values ?? this.measured;
        this.#measuring.get(message.asked ?? 0)?.();
      }
    });
  }

  send(message: SiblingMessage): void {
    this.#outbox.add(message);
  }

  /** What it has measured by now, or what it told last where it does not answer. */
  async measure(): Promise<MetricValues> {
    if (!this.works) return this.measured;
    const asked = (this.#asked += 1);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#measuring.set(asked, resolve);
    const timer = setTimeout(resolve, MEASURED_MS);
    this.#child.send({ type: 'measure', asked } satisfies Message, () => undefined);
    await promise;
    clearTimeout(timer);
    this.#measuring.delete(asked);
    return this.measured;
  }

  async end(longestMs: number): Promise<void> {
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), longestMs);
    await this.ended;
    clearTimeout(timer);
  }
}

/** The process that serves, as one of its children has it. */
export class ServingProcess implements Fleet {
  readonly #listeners: Listener[] = [];
  readonly #outbox = new Outbox(sendToParent);
  #measure: () => Promise<MetricValues> = async () => [];

  constructor() {
    process.on('message', (message: Message | null) => {
      if (message?.type === 'messages')
        for (const each of message.messages) for (const listener of this.#listeners) listener(each);
      if (message?.type === 'measure')
        void this.#measure().then((values) =>
          sendToParent({ type: 'measured', asked: message.asked, values }),
        );
    });
  }

  send(message: SiblingMessage): void {
    this.#outbox.add(message);
  }

  receive(listener: Listener): void {
    this.#listeners.push(listener);
  }

  ready(measure: () => Promise<MetricValues>): void {
    this.#measure = measure;
    sendToParent({ type: 'ready' });
  }
}

function sendToParent(message: Message): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

/** Sends what comes in one turn of the event loop together. */
class Outbox {
  readonly #send: (message: Message) => void;
  #messages: SiblingMessage[] = [];

  constructor(send: (message: Message) => void) {
    this.#send = send;
  }

  add(message: SiblingMessage): void {
    this.#messages.push(message);
    if (this.#messages.length > 1) return;
    setImmediate(() => {
      const messages = this.#messages;
      this.#messages = [];
      this.#send({ type: 'messages', messages });
    });
  }
}
