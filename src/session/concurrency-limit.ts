import { GatewayError } from '../errors.ts';

/** Limits what each user holds open at once in this process. */
export class ConcurrencyLimit {
  readonly #setting: string;
  readonly #most: number;
  readonly #open = new Map<string, number>();

  /** @param setting the name of the limit, for the message */
  constructor(setting: string, most: number) {
    this.#setting = setting;
    this.#most = most;
  }

  /** @returns what gives it back. @throws GatewayError LIMIT_EXCEEDED */
  acquire(userId: string): () => void {
    const open = this.#open.get(userId) ?? 0;
    if (open >= this.#most) {
      throw new GatewayError(
        'LIMIT_EXCEEDED',
        `You may hold ${this.#most} of these at once (${this.#setting}); end one first.`,
      );
    }
    this.#open.set(userId, open + 1);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const left = (this.#open.get(userId) ?? 1) - 1;
      if (left === 0) this.#open.delete(userId);
      else this.#open.set(userId, left);
    };
  }
}
