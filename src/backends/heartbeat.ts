// What a worker process knows of its own heartbeat. The beats are sent by a thread of its own; whether others may have
// missed them is asked wherever its runs go on.
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';

const NS_PER_MS = 1e6;
const LAST = 0;
const SINCE = 1;

/** When the beats landed, in memory that the heartbeat thread writes and the process reads. */
export class BeatRecord {
  readonly #staleMs: number;
  readonly #shared: BigInt64Array<SharedArrayBuffer>;

  private constructor(staleMs: number, shared: BigInt64Array<SharedArrayBuffer>) {
    this.#staleMs = staleMs;
    this.#shared = shared;
  }

  /** @param staleMs a worker whose beats do not land for that long may be dead to others */
  static begin(staleMs: number): BeatRecord {
    const shared = new BigInt64Array(new SharedArrayBuffer(16));
    // Who has only begun cannot be missed yet.
    shared.fill(process.hrtime.bigint());
    return new BeatRecord(staleMs, shared);
  }

  /** The same record in another thread. */
  static from({ staleMs, shared }: BeatRecord['parts']): BeatRecord {
    return new BeatRecord(staleMs, shared);
  }

  get parts() {
    return { staleMs: this.#staleMs, shared: this.#shared };
  }

  /** A beat that was sent at `begun` has landed by now. */
  landed(begun: bigint): void {
    // The reader takes them in the other order, so that it never sees the end of a lapse without the lapse.
    if (this.#isLapse()) Atomics.store(this.#shared, SINCE, begun);
    Atomics.store(this.#shared, LAST, begun);
  }

  /** Since when the beats have landed without a lapse, as `performance.now` tells it; Infinity in a lapse. */
  unbrokenSince(): number {
    if (this.#isLapse()) return Infinity;
    // Each thread's `performance.now` counts from its own beginning, but all from one clock.
    return performance.now() - this.#msSince(SINCE);
  }

  /** How long ago the last beat that landed was sent. */
  silentMs(): number {
    return this.#msSince(LAST);
  }

  #isLapse(): boolean {
    return this.silentMs() > this.#staleMs;
  }

  #msSince(part: number): number {
    return toMs(process.hrtime.bigint() - Atomics.load(this.#shared, part));
  }
}

/** The thread that sends a worker's heartbeats. One that fails is replaced: the process must not end with it. */
export class HeartbeatThread implements AsyncDisposable {
  readonly #file: URL;
  readonly #data: unknown;
  readonly #restartMs: number;
  #thread: Worker;
  /** Resolves once the thread has loaded what it needs, or has ended. */
  #begun: Promise<unknown> = Promise.resolve();
  #disposed = false;

  /** @param file posts a message once it has loaded what it needs */
  constructor(file: URL, data: unknown, restartMs: number) {
    this.#file = file;
    this.#data = data;
    this.#restartMs = restartMs;
    this.#thread = this.#start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    this.#thread.ref();
    // A thread that is ended while it loads native code takes the process with it.
    await this.#begun;
    await this.#thread.terminate();
  }

  #start(): Worker {
    const thread = new Worker(this.#file, { workerData: this.#data });
    this.#begun = new Promise((resolve) => {
      thread.once('message', resolve).once('exit', resolve);
    });
    thread.on('error', () => {
      setTimeout(() => {
        if (!this.#disposed) this.#thread = this.#start();
      }, this.#restartMs).unref();
    });
    thread.unref();
    return thread;
  }
}

/** The file of a thread beside its importer: TypeScript in the source, JavaScript in the package. */
export function threadFile(name: string, importer: string): URL {
  return new URL(`./${name}${extname(importer)}`, importer);
}

function toMs(ns: bigint): number {
  return Number(ns) / NS_PER_MS;
}
