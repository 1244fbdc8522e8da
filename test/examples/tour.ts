import { expect } from 'vitest';
import type { Tour } from '../../examples/clients/tour.ts';
import { User, upTo } from '../support/user.ts';

/** What a client of examples/clients saw is what the gateway has stored: each event once, in order. */
export async function expectTour(
  url: string,
  tour: Tour,
  headers: Record<string, string>,
): Promise<void> {
  const { sessionId: id, events, steps, fork, changes } = tour;
  const after = Buffer.from(`${id}:0`).toString('base64url');
  const stored = (await new User(url, headers).events(id, { after })).map(
    ({ type, sequence }) => `${sequence} ${type}`,
  );
  // The tour begins after the event of its start.
  const seen = events.map(({ __typename, sequence }) => `${sequence} ${__typename}`);
  expect(seen).toEqual(stored.slice(-seen.length));
  expect(seen.length).toBeGreaterThanOrEqual(stored.length - 1);
  expect(seen.filter((event) => event.endsWith('InterruptsRaised'))).toHaveLength(1);
  expect(steps).toEqual(upTo(steps.length).map((n) => steps.length - n - 1));
  expect(steps.length).toBeGreaterThan(20);
  expect(fork).toMatchObject({ status: 'IDLE', forkedFrom: { sessionId: id } });
  expect(changes).toEqual(['READY', 'CREATED']);
}
