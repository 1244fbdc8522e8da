import type { LiveEvent, MessageDelta } from '../session/progress.ts';

/** Joins the chunks of one message's deltas, which follow on each other, to one. */
export type JoinChunks = (chunks: readonly unknown[]) => unknown;

type DeltaEvent = LiveEvent & { readonly detail: MessageDelta };

/**
 * The messages of a session that are being written at this moment, as this process has heard of them: only the first
 * watcher of a process has to ask the worker for their beginnings.
 */
export class OpenMessages {
  readonly #join: JoinChunks;
  readonly #messages = new Map<string, { length: number; deltas: DeltaEvent[] }>();

  constructor(join: JoinChunks) {
    this.#join = join;
  }

  /** Takes a delta. @returns whether all that stands before it was heard too; else the message is forgotten */
  hear(event: DeltaEvent): boolean {
    const { messageId, begins, offset, text } = event.detail;
    const known = this.#messages.get(messageId);
    if (begins) {
      this.#messages.set(messageId, { length: text.length, deltas: [event] });
      return true;
    }
    if (known?.length !== offset) {
      this.#messages.delete(messageId);
      return false;
    }
    known.length += text.length;
    known.deltas.push(event);
    return true;
  }

  has(messageId: string): boolean {
    return this.#messages.has(messageId);
  }

  forget(messageIds: readonly string[]): void {
    for (const id of messageIds) this.#messages.delete(id);
  }

  clear(): void {
    this.#messages.clear();
  }

  /** Each message as one delta with all of its text so far. */
  soFar(): DeltaEvent[] {
    return [...this.#messages.values()].flatMap((message) => {
      const [first] = message.deltas;
      const last = message.deltas.at(-1);
      if (first === undefined || last === undefined) return [];
      const details = message.deltas.map(({ detail }) => detail);
      const text = details.map((detail) => detail.text).join('');
      const chunk = this.#join(details.map((detail) => detail.chunk));
      const whole = { ...last, detail: { ...first.detail, text, chunk } };
      message.deltas = [whole];
      return [whole];
    });
  }
}
