import { GatewayError } from '../errors.ts';

/** Counts the WebSockets and event streams that each user holds open in this process. */
export class Connections {
  readonly #most: number;
  readonly #open = new Map<string, number>();

  constructor(most: number) {
    this.#most = most;
  }

  /** @returns what gives the connection back. @throws GatewayError LIMIT_EXCEEDED */
  take(userId: string): () => void {
    const open = this.#open.get(userId) ?? 0;
    if (open >= this.#most) {
      throw new GatewayError(
        'LIMIT_EXCEEDED',
        `A user may hold ${this.#most} connections at once; close one first.`,
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
