// What users keep with a session. Every change of a session carries it, and lists find sessions by it, so it is small.
import { invalidInput } from '../errors.ts';
import { checkJsonObject } from './json-input.ts';

export type Metadata = Readonly<Record<string, unknown>>;

/** Of JSON, in UTF-8. */
export const MOST_METADATA_BYTES = 65_536;
export const MOST_METADATA_KEYS = 64;
/** In UTF-16 code units, as JavaScript counts. */
export const LONGEST_METADATA_KEY = 128;

/** What is to be merged, which may take away more than there may be. @throws GatewayError INVALID_INPUT */
export function checkChanges(value: unknown): Metadata {
  return checkJsonObject('metadata', value ?? {}, MOST_METADATA_BYTES);
}

/** @throws GatewayError INVALID_INPUT for what is not an object, or has too much or too long keys in it */
export function checkMetadata(value: unknown, field = 'metadata'): Metadata {
  const metadata = checkJsonObject(field, value ?? {}, MOST_METADATA_BYTES);
  const keys = Object.keys(metadata);
  if (keys.length > MOST_METADATA_KEYS) {
    throw invalidInput(
      `\`${field}\` has ${keys.length} keys; at most ${MOST_METADATA_KEYS} are accepted.`,
    );
  }
  const long = keys.find((key) => key.length > LONGEST_METADATA_KEY);
  if (long !== undefined) {
    throw invalidInput(
      `\`${field}\` has a key of ${long.length} characters; at most ${LONGEST_METADATA_KEY} are accepted.`,
    );
  }
  return metadata;
}

/**
 * Merges key by key; null removes a key. What is over the limits, since they were none once, may still become less.
 * @throws GatewayError INVALID_INPUT where the result has too much in it
 */
export function mergeMetadata(before: Metadata, changes: Metadata): Metadata {
  const kept = Object.entries(before).filter(([key]) => !Object.hasOwn(changes, key));
  const changed = Object.entries(changes).filter(([, value]) => value !== null);
  const merged = Object.fromEntries([...kept, ...changed]);
  return changed.length === 0 ? merged : checkMetadata(merged);
}
