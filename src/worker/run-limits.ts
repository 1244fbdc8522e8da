import { GatewayError } from '../errors.ts';
import type { UserQuota } from '../session/quota.ts';

export interface RunLimits {
  /** How long an attempt may take, in ms; null: as long as it takes. */
  readonly timeoutMs: number | null;
  /** The most bytes that may be stored at once. */
  readonly maxCheckpointBytes: number;
  readonly quota: Pick<UserQuota, 'stored' | 'admitBytes'>;
}

/** After how much more that a run has stored its owner is looked at anew. */
const LOOK_EVERY_BYTES = 16 << 20;

/** Holds one attempt to its limits, from now on. */
export class LimitedAttempt implements Disposable {
  readonly #limits: RunLimits;
  readonly #ownerId: string;
  readonly #stop: (error: GatewayError) => void;
  readonly #timer: NodeJS.Timeout | undefined;
  #stored = 0;

  /** @param stop ends the attempt, whose run then fails with the error */
  constructor(limits: RunLimits, ownerId: string, stop: (error: GatewayError) => void) {
    this.#limits = limits;
    this.#ownerId = ownerId;
    this.#stop = stop;
    const { timeoutMs } = limits;
    if (timeoutMs === null) return;
    this.#timer = setTimeout(() => {
      const message = `The run took longer than ${timeoutMs / 1000} s (RUN_TIMEOUT).`;
      stop(new GatewayError('RUN_TIMEOUT', message));
    }, timeoutMs).unref();
  }

  /** @throws GatewayError LIMIT_EXCEEDED */
  checkSize(bytes: number): void {
    const { maxCheckpointBytes } = this.#limits;
    if (bytes > maxCheckpointBytes) {
      const error = new GatewayError(
        'LIMIT_EXCEEDED',
        `A step of the graph would store ${bytes} bytes at once; at most ${maxCheckpointBytes} (MAX_CHECKPOINT_BYTES).`,
      );
      this.#stop(error);
      throw error;
    }
    this.#limits.quota.stored(this.#ownerId, bytes);
    this.#stored += bytes;
    if (this.#stored < LOOK_EVERY_BYTES) return;
    this.#stored = 0;
    this.#limits.quota.admitBytes(this.#ownerId).catch((error: unknown) => {
      // A store that is away is for its own errors to tell.
      if (error instanceof GatewayError && error.code === 'LIMIT_EXCEEDED') this.#stop(error);
    });
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}

/** Whether the error says that a limit ended the run, which is the graph's own doing. */
export function isLimit(error: unknown): boolean {
  return error instanceof GatewayError && ['RUN_TIMEOUT', 'LIMIT_EXCEEDED'].includes(error.code);
}
