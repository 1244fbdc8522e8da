import { describe, expect, it } from 'vitest';
import { FairBacklog } from '../../src/worker/fair-backlog.ts';

const run = (id: string, attempt = 0) => ({ id, sessionId: id, attempt, ownerId: id.charAt(0) });

function backlogOf(perUser: number, ids: readonly string[]): FairBacklog {
  const backlog = new FairBacklog(perUser);
  for (const id of ids) backlog.add(run(id));
  return backlog;
}

describe('what waits in a worker', () => {
  it('is dealt to users in turn, each user’s in order, though others came first and with more', () => {
    const backlog = backlogOf(1, ['a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'c1']);
    const order: string[] = [];
    for (let next = backlog.next(); next !== undefined; next = backlog.next()) {
      order.push(next.id);
      backlog.end(next.id);
      if (next.id === 'a2') backlog.add(run('d1'));
    }
    expect(order).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'd1', 'a3', 'a4']);
  });

  it('has its turn though others ask for one run after the other', () => {
    const backlog = backlogOf(9, []);
    const turns: string[] = [];
    for (let n = 0; n < 40; n += 1) {
      for (const chat of ['x', 'y', 'z']) backlog.add(run(`${chat}${n}`));
      if (n === 2) for (const id of ['a1', 'a2', 'a3', 'a4']) backlog.add(run(id));
      const next = backlog.next();
      if (next === undefined) continue;
      turns.push(next.id);
      backlog.end(next.id);
    }
    expect(turns.filter((id) => id.startsWith('a'))).toEqual(['a1', 'a2', 'a3', 'a4']);
    expect(turns.indexOf('a4')).toBeLessThan(25);
  });

  it('goes to whoever has the fewest at work', () => {
    const backlog = backlogOf(3, ['a1', 'a2', 'a3', 'a4']);
    expect([backlog.next()?.id, backlog.next()?.id]).toEqual(['a1', 'a2']);
    for (const id of ['b1', 'b2', 'b3']) backlog.add(run(id));
    expect([backlog.next()?.id, backlog.next()?.id]).toEqual(['b1', 'b2']);
    expect([backlog.next()?.id, backlog.next()?.id]).toEqual(['a3', 'b3']);
  });

  it('stays there beyond a user’s share, until one of theirs ends', () => {
    const backlog = backlogOf(2, ['a1', 'a2', 'a3', 'a4']);
    expect([backlog.next()?.id, backlog.next()?.id, backlog.next()]).toEqual([
      'a1',
      'a2',
      undefined,
    ]);
    expect(backlog.size).toBe(2);
    expect(backlog.isWaiting('a3')).toBe(true);
    backlog.add(run('b1'));
    expect([backlog.next()?.id, backlog.next()]).toEqual(['b1', undefined]);
    backlog.end('a1');
    expect([backlog.next()?.id, backlog.next()]).toEqual(['a3', undefined]);
    for (const id of ['a2', 'a3', 'b1', 'never begun']) backlog.end(id);
    expect([backlog.next()?.id, backlog.next()]).toEqual(['a4', undefined]);
    backlog.end('a4');
    expect([backlog.size, backlog.waitingOf('a'), backlog.waitingOf('b')]).toEqual([0, 0, 0]);
  });

  it('is there once, however often it is delivered, also while it is at work', () => {
    const backlog = backlogOf(2, ['a1', 'a1', 'a2']);
    expect(backlog.next()?.id).toBe('a1');
    backlog.add(run('a1'));
    expect([backlog.size, backlog.isAtWork('a1'), backlog.next()?.id]).toEqual([1, true, 'a2']);
    expect(backlog.size).toBe(0);
  });

  it('was begun elsewhere goes before what waits to be begun', () => {
    const backlog = backlogOf(9, ['a1', 'a2']);
    for (const id of ['a3', 'a4']) backlog.add(run(id, 1));
    expect(Array.from({ length: 4 }, () => backlog.next()?.id)).toEqual(['a3', 'a4', 'a1', 'a2']);
  });
});
