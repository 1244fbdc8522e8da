// Subscriptions for `for await`.

interface Sink<Item> {
  next(item: Item): void;
  error(error: unknown): void;
  complete(): void;
}

/**
 * What a subscription sends, in order.
 * @param subscribe begins it. @returns how to end it
 * @throws what the subscription fails with
 */
export async function* iterate<Item>(subscribe: (sink: Sink<Item>) => () => void) {
  const items: Item[] = [];
  let wake = () => {};
  const { promise: end, resolve: complete, reject } = Promise.withResolvers<undefined>();
  const unsubscribe = subscribe({
    next(item) {
      items.push(item);
      wake();
    },
    error: reject,
    complete: () => complete(undefined),
  });
  try {
    for (let isOver = false; !isOver;) {
      const more = new Promise<boolean>((resolve) => {
        wake = () => resolve(false);
      });
      isOver = items.length === 0 && (await Promise.race([more, end.then(() => true)]));
      yield* items.splice(0);
    }
  } finally {
    unsubscribe();
  }
}
