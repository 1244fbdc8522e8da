import type { ProgressBus, ProgressSignal, Siblings } from '../../session/ports.ts';

/** A bus that also carries what is published to the other processes of the program. */
export class SiblingBus implements ProgressBus {
  readonly #own: ProgressBus;
  readonly #siblings: Siblings;

  constructor(own: ProgressBus, siblings: Siblings) {
    this.#own = own;
    this.#siblings = siblings;
    siblings.receive((message) => {
      if (message.type === 'signal') own.publish(message.channel, message.signal);
    });
  }

  publish(channel: string, signal: ProgressSignal): void {
    this.#own.publish(channel, signal);
    this.#siblings.send({ type: 'signal', channel, signal });
  }

  subscribe(channel: string, listener: (signal: ProgressSignal) => void): () => void {
    return this.#own.subscribe(channel, listener);
  }

  subscribed(channel: string): Promise<void> {
    return this.#own.subscribed(channel);
  }
}
