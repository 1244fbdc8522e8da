// Runs to claim, in the order in which users get their turns.

/** How many runs that wait one look goes through, the oldest first. */
export const CLAIMABLE_WINDOW = 10_000;

/** Where the next look begins: where more wait than one look goes through, it goes on where the last one ended. */
export class Window {
  #from = 0;

  get from(): number {
    return this.#from;
  }

  /** @param found how many there were from there on, at most CLAIMABLE_WINDOW */
  moveOn(found: number): void {
    this.#from = found < CLAIMABLE_WINDOW ? 0 : this.#from + CLAIMABLE_WINDOW;
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
