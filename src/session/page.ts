import { Buffer } from 'node:buffer';
import { z } from 'zod';
import { invalidInput } from '../errors.ts';

export const DEFAULT_PAGE = 20;
export const LARGEST_PAGE = 100;

/** Where a page begins and how many items it has at the most. */
export interface PageRequest<Key> {
  readonly first: number;
  readonly after: Key | null;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly hasNext: boolean;
  readonly hasPrevious: boolean;
}

/**
 * The size of a page.
 * @throws GatewayError INVALID_INPUT unless it is 1 to 100.
 */
export function pageSize(asked: number | null | undefined, field = 'first'): number {
  const size = asked ?? DEFAULT_PAGE;
  if (!Number.isInteger(size) || size < 1 || size > LARGEST_PAGE) {
    throw invalidInput(`\`${field}\` is ${size}; it must be 1 to ${LARGEST_PAGE}.`);
  }
  return size;
}

/** Cuts `rows`, of which one more than asked for was read, to a page. */
export function toPage<Item>(rows: readonly Item[], request: PageRequest<unknown>): Page<Item> {
  return {
    items: rows.slice(0, request.first),
    hasNext: rows.length > request.first,
    hasPrevious: request.after !== null,
  };
}

/** A keyset cursor of a list: the values that its order is made of, opaque to clients. */
export function encodeKey(key: readonly unknown[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/**
 * @throws GatewayError INVALID_INPUT where the cursor is not one that this list gave out.
 */
export function decodeKey<Key>(
  shape: z.ZodType<Key>,
  cursor: string | null | undefined,
  field = 'after',
): Key | null {
  if (cursor === null || cursor === undefined) return null;
  try {
    return shape.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch (cause) {
    throw invalidInput(`\`${field}\` is not a cursor of this list.`, cause);
  }
}
