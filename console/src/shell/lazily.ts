import { type ComponentType, type LazyExoticComponent, lazy } from 'react';

/** How often a part is asked for, and how long is waited before each further time. */
const TRIES = 6;
const WAIT_MS = 2000;

/** A part of the page that comes when it is needed; while the gateway starts again it is asked for again. */
export function lazily<Props>(
  load: () => Promise<{ default: ComponentType<Props> }>,
): LazyExoticComponent<ComponentType<Props>> {
  return lazy(async () => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await load();
      } catch (error) {
        if (tries === TRIES) throw error;
        await new Promise((resolve) => {
          setTimeout(resolve, WAIT_MS);
        });
      }
    }
  });
}
