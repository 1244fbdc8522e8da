// Notifications between processes: one subscriber connection for everything that this process watches, and one channel for
// each watched session. Redis may lose a message; whoever could have missed one reads the log (gapless event log).
import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { LocalBus } from '../../progress/local-bus.ts';
import {
  LOOK,
  type ProgressBus,
  type ProgressSignal,
  ownerOfChannel,
} from '../../session/ports.ts';
import { closeRedis, createPatientRedis, untilConnected } from './redis-connection.ts';

/** What travels. `from` is the bus that sent it, whose own listeners have heard it already. */
interface Message {
  readonly from: string;
  readonly signals: readonly ProgressSignal[];
}

const ofNode = { namespace: z.string(), node: z.string() };
const liveEvent = z.object({
  runId: z.string(),
  at: z.number(),
  detail: z.discriminatedUnion('type', [
    z.object({ type: z.literal('NodeStarted'), ...ofNode }),
    z.object({ type: z.literal('CustomProgress'), ...ofNode, payload: z.unknown().optional() }),
    z.object({
      type: z.literal('MessageDelta'),
      ...ofNode,
      messageId: z.string(),
      role: z.enum(['AI', 'TOOL']).default('AI'),
      begins: z.boolean(),
      offset: z.number(),
      text: z.string(),
      chunk: z.unknown().optional(),
    }),
  ]),
});

const messageSchema = z.object({
  from: z.string(),
  signals: z.array(
    z.discriminatedUnion('type', [
      z.object({
        type: z.literal('changed'),
        lastEvent: z.number().nullable(),
        epoch: z.number().nullable(),
        logged: z.array(
          z.object({
            runId: z.string().nullable(),
            at: z.number(),
            detail: z.looseObject({ type: z.string() }),
          }),
        ),
      }),
      z.object({ type: z.literal('live'), event: liveEvent }),
      z.object({ type: z.literal('recalled'), event: liveEvent }),
      z.object({ type: z.literal('written'), messageIds: z.array(z.string()) }),
      z.object({ type: z.literal('recall') }),
      z.object({ type: z.literal('session'), sessionId: z.string(), isNew: z.boolean() }),
    ]),
  ),
});

/** Undefined for what another program, or another version of this one, has published: then the log tells. */
function readMessage(text: string): Message | undefined {
  try {
    // Details of logged events are as the log has them.
    return messageSchema.parse(JSON.parse(text)) as unknown as Message;
  } catch {
    return undefined;
  }
}

/** Of more UTF-16 units than this a message does not carry what was logged: it is read from the log. */
const MOST_MESSAGE_LENGTH = 256 * 1024;
/** How often the subscriber asks whether its connection still carries anything. */
const PING_MS = 5000;
const CHECK_PATIENCE_MS = 2000;
/** How often the log is read while notifications cannot be received. */
const POLL_MS = 250;
/** Each watched session costs the store a look; more of them are looked at less often. */
const POLL_MS_PER_SESSION = 2;
/** In how many parts all watched sessions are looked at. */
const LOOKS = 10;

export class RedisProgressBus implements ProgressBus, AsyncDisposable {
  readonly #local = new LocalBus();
  readonly #commands: Redis;
  readonly #subscriber: Redis;
  readonly #channelPrefix: string;
  readonly #id = randomUUID();
  readonly #pending = new Map<string, ProgressSignal[]>();
  /** Who waits until a channel's subscription stands. */
  readonly #standing = new Map<string, PromiseWithResolvers<void>>();
  /** Channels whose notifications could not be sent. */
  readonly #unheard = new Set<string>();
  readonly #ping: NodeJS.Timeout;
  readonly #looks: NodeJS.Timeout;
  readonly #polling: NodeJS.Timeout;
  #nextLook = 0;
  #nextPollAt = -Infinity;
  /** Why the newest subscription was refused. */
  #refusal: Error | undefined;
  /** Whether the newest message could not be sent; then those of other processes cannot be counted on either. */
  #sendFails = false;
  #flushing = false;

  /**
   * @param prefix what channels begin with, as ioredis's own prefix leaves them out
   * @param lookEveryMs after how long a watched session is looked at though nothing was heard of it
   */
  constructor(url: string, commands: Redis, prefix: string, lookEveryMs = 30_000) {
    this.#commands = commands;
    this.#channelPrefix = `${prefix}:progress:`;
    this.#subscriber = createPatientRedis(url);
    this.#subscriber.on('message', (channel, text) => this.#hear(channel, text));
    // ioredis subscribes again by itself; what was said meanwhile is in the log.
    this.#subscriber.on('ready', () => void this.#lookOnceSubscribed());
    this.#commands.on('ready', () => this.#ringUnheard());
    this.#ping = setInterval(() => void this.#checkSubscriber(), PING_MS).unref();
    this.#looks = setInterval(() => this.#lookAtSome(), lookEveryMs / LOOKS).unref();
    this.#polling = setInterval(() => this.#poll(), POLL_MS).unref();
  }

  publish(sessionId: string, signal: ProgressSignal): void {
    this.#local.publish(sessionId, signal);
    const signals = this.#pending.get(sessionId);
    if (signals === undefined) this.#pending.set(sessionId, [signal]);
    else signals.push(signal);
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => this.flush());
  }

  /** Tells this process alone, of what a script of Redis has published to the others. */
  deliver(sessionId: string, signal: ProgressSignal): void {
    this.#local.publish(sessionId, signal);
  }

  channelOf(sessionId: string): string {
    return this.#channelPrefix + sessionId;
  }

  /** What is published of these signals. */
  message(signals: readonly ProgressSignal[]): string {
    const text = JSON.stringify({ from: this.#id, signals } satisfies Message);
    if (text.length <= MOST_MESSAGE_LENGTH) return text;
    const short = signals.map((signal) =>
      signal.type === 'changed' ? { ...signal, logged: [] } : signal,
    );
    return JSON.stringify({ from: this.#id, signals: short } satisfies Message);
  }

  subscribe(sessionId: string, listener: (signal: ProgressSignal) => void): () => void {
    const first = !this.#local.isWatched(sessionId);
    const unsubscribe = this.#local.subscribe(sessionId, listener);
    if (first) {
      // Whoever reads the log before the subscription stands would miss what comes between.
      this.#standing.set(sessionId, Promise.withResolvers());
      void this.#subscribe(sessionId);
    }
    return () => {
      unsubscribe();
      if (this.#local.isWatched(sessionId)) return;
      this.#standing.delete(sessionId);
      this.#subscriber.unsubscribe(this.channelOf(sessionId)).catch(() => undefined);
    };
  }

  subscribed(channel: string): Promise<void> {
    return this.#standing.get(channel)?.promise ?? Promise.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#ping);
    clearInterval(this.#looks);
    clearInterval(this.#polling);
    this.flush();
    await closeRedis(this.#subscriber);
  }

  /** @throws what keeps notifications between processes from being sent or heard */
  async check(): Promise<void> {
    await untilConnected(this.#subscriber, CHECK_PATIENCE_MS);
    if (this.#refusal !== undefined) await this.#subscribeAgain();
    await this.#send('check', this.message([]));
    this.#ringUnheard();
  }

  /** Sends what was published, so that what is sent by the same connection next comes after it. */
  flush(): void {
    this.#flushing = false;
    for (const [sessionId, signals] of this.#pending) {
      this.#send(sessionId, this.message(signals)).catch(() => this.#unheard.add(sessionId));
    }
    this.#pending.clear();
  }

  async #send(sessionId: string, message: string): Promise<void> {
    try {
      await this.#commands.publish(this.channelOf(sessionId), message);
      this.#sendFails = false;
    } catch (error) {
      this.#sendFails = true;
      throw error;
    }
  }

  #hear(channel: string, text: string): void {
    const sessionId = channel.slice(this.#channelPrefix.length);
    const message = readMessage(text);
    if (message?.from === this.#id) return;
    for (const signal of message?.signals ?? [LOOK]) this.#local.publish(sessionId, signal);
  }

  async #subscribe(sessionId: string): Promise<void> {
    try {
      await this.#subscriber.subscribe(this.channelOf(sessionId));
      this.#refusal = undefined;
      this.#standing.get(sessionId)?.resolve();
      this.#local.publish(sessionId, LOOK);
    } catch (error) {
      this.#refusal = error instanceof Error ? error : new Error(String(error));
    }
  }

  /** The right to subscribe may have been granted since. @throws why it is refused */
  async #subscribeAgain(): Promise<void> {
    const sessions = this.#local.watched();
    const channels = sessions.length === 0 ? ['check'] : sessions;
    await this.#subscriber.subscribe(...channels.map((id) => this.channelOf(id)));
    if (sessions.length === 0) await this.#subscriber.unsubscribe(this.channelOf('check'));
    this.#refusal = undefined;
    this.#lookAtAll();
  }

  async #lookOnceSubscribed(): Promise<void> {
    // Its answer comes after those to the subscriptions, which ioredis has sent before.
    const subscribed = await this.#subscriber.ping().catch(() => undefined);
    if (subscribed === undefined) return;
    this.#refusal = undefined;
    this.#lookAtAll();
  }

  #mustPoll(): boolean {
    return this.#sendFails || this.#refusal !== undefined || this.#subscriber.status !== 'ready';
  }

  #poll(): void {
    if (!this.#mustPoll()) return;
    const now = performance.now();
    if (now < this.#nextPollAt) return;
    this.#nextPollAt = now + this.#local.watched().length * POLL_MS_PER_SESSION;
    this.#lookAtAll();
  }

  #lookAtAll(): void {
    const stands = !this.#mustPoll();
    for (const channel of this.#local.watched()) {
      if (stands) this.#standing.get(channel)?.resolve();
      this.#local.publish(channel, LOOK);
    }
  }

  /** A process may commit and die before it notifies, so nobody waits for a notification for ever. */
  #lookAtSome(): void {
    this.#nextLook = (this.#nextLook + 1) % LOOKS;
    // Whoever looks at an owner's sessions reads all of them.
    const sessions = this.#local.watched().filter((id) => ownerOfChannel(id) === undefined);
    for (const [n, sessionId] of sessions.entries())
      if (n % LOOKS === this.#nextLook) this.#local.publish(sessionId, LOOK);
  }

  #ringUnheard(): void {
    const sessions = [...this.#unheard];
    this.#unheard.clear();
    for (const sessionId of sessions) this.publish(sessionId, LOOK);
  }

  /** A connection can be lost without a sign; one that does not answer is made anew. */
  async #checkSubscriber(): Promise<void> {
    if (this.#subscriber.status !== 'ready') return;
    let answered = false;
    const timer = setTimeout(() => {
      if (!answered) this.#subscriber.disconnect(true);
    }, PING_MS - 500).unref();
    await this.#subscriber.ping().catch(() => undefined);
    answered = true;
    clearTimeout(timer);
  }
}
