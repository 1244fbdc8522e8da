// Pages of messages: from either end, and over a list that changes between them.
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { type MessageNode, pageOfMessages } from '../../src/graphql/message.ts';
import type { Session } from '../../src/session/session.ts';

const session = { id: 's' } as Session;
const messages = (ids: readonly number[]) => ids.map((id) => ({ id: `m${id}`, content: '' }));
const idsOf = (nodes: readonly MessageNode[]) => nodes.map(({ messageId }) => messageId);
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

it('all pages together are the list, from either end', () => {
  fc.assert(
    fc.property(fc.nat({ max: 30 }), fc.integer({ min: 1, max: 9 }), (count, size) => {
      const list = messages(upTo(count));
      const forward: string[] = [];
      for (let after: string | null = null; ;) {
        const page = pageOfMessages(session, list, { first: size, after });
        expect(page.totalCount).toBe(count);
        expect(page.pageInfo.hasPreviousPage).toBe(after !== null);
        forward.push(...idsOf(page.nodes));
        if (!page.pageInfo.hasNextPage) break;
        after = page.pageInfo.endCursor;
      }
      const backward: string[] = [];
      for (let before: string | null = null; ;) {
        const page = pageOfMessages(session, list, { last: size, before });
        expect(page.pageInfo.hasNextPage).toBe(before !== null);
        backward.unshift(...idsOf(page.nodes));
        if (!page.pageInfo.hasPreviousPage) break;
        before = page.pageInfo.startCursor;
      }
      const all = upTo(count).map((n) => `m${n}`);
      expect(forward).toEqual(all);
      expect(backward).toEqual(all);
    }),
  );
});

it('what was removed meanwhile takes nothing else with it, on either side', () => {
  const list = messages(upTo(5));
  const { endCursor } = pageOfMessages(session, list, { first: 2 }).pageInfo;
  // The cursor's own message is gone, with all before it; or with the next; or something came before it.
  for (const left of [
    [2, 3, 4],
    [0, 2, 3, 4],
    [9, 8, 7, 2, 3, 4],
  ])
    expect(
      idsOf(pageOfMessages(session, messages(left), { first: 9, after: endCursor }).nodes),
    ).toEqual(['m2', 'm3', 'm4']);
  const onlyBefore = messages([0, 3, 4]);
  expect(idsOf(pageOfMessages(session, onlyBefore, { first: 9, after: endCursor }).nodes)).toEqual([
    'm3',
    'm4',
  ]);
  const { startCursor } = pageOfMessages(session, list, { last: 2 }).pageInfo;
  expect(
    idsOf(pageOfMessages(session, messages([1, 2, 4]), { last: 9, before: startCursor }).nodes),
  ).toEqual(['m1', 'm2']);
});
