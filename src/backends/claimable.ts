// Runs to claim, in the order in which users get their turns.

/**
 * The part of the runs that wait that one look goes through, the oldest first. Where more wait, the next look goes on
 * where the last one ended.
 */
export class ClaimWindow {
  readonly size: number;
  #from = 0;

  constructor(size: number) {
    this.size = size;
  }

  get from(): number {
    return this.#from;
  }

  /** @param found how many there were from there on, at most its size */
  moveOn(found: number): void {
    this.#from = found < this.size ? 0 : this.#from + this.size;
  }
}

/** The first of each user, then the second of each, and so on; each user's in the order given. */
export function dealInTurn<Item extends { readonly ownerId: string }>(
  items: readonly Item[],
  limit: number,
): Item[] {
  const rounds: Item[][] = [];
  const counts = new Map<string, number>();
  for (const item of items) {
    const round = counts.get(item.ownerId) ?? 0;
    counts.set(item.ownerId, round + 1);
    if (round < limit) (rounds[round] ??= []).push(item);
  }
  return rounds.flat().slice(0, limit);
}
