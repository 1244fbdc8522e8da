import { createHash } from 'node:crypto';

/** An index entry has a largest size; longer tags are looked up by what tells them apart. */
const LONGEST_TAG = 200;

type Scalar = string | number | boolean | null;

/** What sessions are found by: a tag `key=value` for each top-level key of the metadata that has a scalar value. */
export function metadataTags(metadata: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(metadata).flatMap(([key, value]) =>
    isScalar(value) ? [metadataTag(key, value)] : [],
  );
}

export function metadataTag(key: string, value: Scalar): string {
  const tag = `${JSON.stringify(key)}=${JSON.stringify(value)}`;
  if (tag.length <= LONGEST_TAG) return tag;
  return createHash('sha256').update(tag).digest('hex');
}

function isScalar(value: unknown): value is Scalar {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}
