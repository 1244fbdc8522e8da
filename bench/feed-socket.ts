import { once } from 'node:events';
import { WebSocket } from 'ws';

export interface Subscription {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** A socket on which this subscription was asked for. */
export async function subscribed(
  url: string,
  token: string | undefined,
  payload: Subscription,
  user?: string,
): Promise<WebSocket> {
  const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws');
  await once(socket, 'open');
  const caller = {
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(user !== undefined && { 'x-user-id': user }),
  };
  socket.send(JSON.stringify({ type: 'connection_init', payload: caller }));
  await once(socket, 'message');
  socket.send(JSON.stringify({ id: crypto.randomUUID(), type: 'subscribe', payload }));
  return socket;
}
