// One user of one gateway: the steps that most tests are made of.
import type {
  AwaitQuery,
  ForkSessionInput,
  ResumeSessionInput,
  StartSessionInput,
  UpdateSessionStateInput,
  WatchSubscription,
} from '../../gql/graphql.ts';
import { as } from './caller.ts';
import { type Headers, type Transport, execute, subscribe } from './client.ts';
import { Await, Cancel, Delete, Edit, Fork, Look, Resume, Start, Watch } from './operations.ts';

export type State = AwaitQuery['awaitSession'];
export type Event = WatchSubscription['sessionProgress'];

export class User {
  readonly url: string;
  readonly headers: Headers;

  constructor(url: string, headers: Headers = as('alice')) {
    this.url = url;
    this.headers = headers;
  }

  async start(input: StartSessionInput): Promise<string> {
    const { startSession } = await execute(this.url, Start, { input }, this.headers);
    return startSession.session.id;
  }

  async resume(input: ResumeSessionInput) {
    const { resumeSession } = await execute(this.url, Resume, { input }, this.headers);
    return resumeSession;
  }

  async settled(id: string, timeoutSeconds = 25): Promise<State> {
    const { awaitSession } = await execute(this.url, Await, { id, timeoutSeconds }, this.headers);
    return awaitSession;
  }

  async fork(input: ForkSessionInput): Promise<string> {
    const { forkSession } = await execute(this.url, Fork, { input }, this.headers);
    return forkSession.session.id;
  }

  async edit(input: UpdateSessionStateInput): Promise<void> {
    await execute(this.url, Edit, { input }, this.headers);
  }

  async cancel(id: string): Promise<void> {
    await execute(this.url, Cancel, { id }, this.headers);
  }

  async delete(id: string): Promise<void> {
    await execute(this.url, Delete, { id }, this.headers);
  }

  async look(id: string): Promise<State> {
    const { session } = await execute(this.url, Look, { id }, this.headers);
    if (!session) throw new Error('there is no such session');
    return session;
  }

  async *watch(
    id: string,
    options: { after?: string; untilSettled?: boolean; transport?: Transport } = {},
  ): AsyncGenerator<Event> {
    const { after = null, untilSettled = true, transport = 'websocket' } = options;
    const variables = { id, after, untilSettled };
    for await (const { data, errors } of subscribe(
      this.url,
      transport,
      Watch,
      variables,
      this.headers,
    )) {
      if (errors !== undefined) throw new Error(JSON.stringify(errors));
      if (data) yield data.sessionProgress;
    }
  }

  async events(id: string, options: Parameters<User['watch']>[1] = {}): Promise<Event[]> {
    return Array.fromAsync(this.watch(id, options));
  }
}

/** The numbers of the durable events among these. */
export function durableSequences(events: readonly Event[]): number[] {
  const live = new Set([
    'NodeStarted',
    'MessageDelta',
    'CustomProgress',
    'SessionSnapshot',
    'ProgressGap',
  ]);
  return events.filter(({ type }) => !live.has(type)).map(({ sequence }) => sequence);
}

export function upTo(n: number): number[] {
  return Array.from({ length: n }, (_, index) => index + 1);
}
