// What `sessionsChanged` sends to a user.
import { type Client, createClient } from 'graphql-ws';
import { expect } from 'vitest';
import { WebSocket } from 'ws';
import type { Headers } from './client.ts';

export const WATCH_SESSIONS = `subscription ($filter: SessionFilter) {
  sessionsChanged(filter: $filter) { kind sessionId matches session { id status metadata } }
}`;

interface Change {
  readonly kind: 'READY' | 'CREATED' | 'UPDATED' | 'DELETED';
  readonly sessionId: string | null;
  readonly matches: boolean;
  readonly session: { readonly id: string; readonly status: string } | null;
  readonly at: number;
}

/** All events from now on. */
export class Changes implements AsyncDisposable {
  readonly all: Change[] = [];
  readonly #client: Client;

  constructor(url: string, headers: Headers, filter: object = {}) {
    this.#client = createClient({
      url: url.replace('http', 'ws'),
      webSocketImpl: WebSocket,
      connectionParams: headers,
    });
    this.#client.subscribe<{ sessionsChanged: Change }>(
      { query: WATCH_SESSIONS, variables: { filter } },
      {
        next: ({ data }) =>
          data && this.all.push({ ...data.sessionsChanged, at: performance.now() }),
        error: () => undefined,
        complete: () => undefined,
      },
    );
  }

  async ready(): Promise<this> {
    await expect.poll(() => this.all[0]?.kind).toBe('READY');
    return this;
  }

  of(id: string): Change[] {
    return this.all.filter(({ sessionId }) => sessionId === id);
  }

  last(id: string): Change | undefined {
    return this.of(id).at(-1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.dispose();
  }
}
