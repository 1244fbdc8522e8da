import { isPlainObject } from '../session/json-input.ts';

/** The values limited to these top-level keys; all of them where no keys are given. */
export function pickKeys(values: unknown, keys: readonly string[] | null | undefined): unknown {
  if (keys === null || keys === undefined || !isPlainObject(values)) return values;
  return Object.fromEntries(Object.entries(values).filter(([key]) => keys.includes(key)));
}
