// The vectors of an item as one text.
import type { Vectors } from '../session/item-store.ts';

/** How many vectors there are, and their numbers in base64; null where there is none. */
export function encodeVectors(vectors: Vectors): string | null {
  if (vectors.length === 0) return null;
  const bytes = vectors.map(({ buffer, byteOffset, byteLength }) =>
    Buffer.from(buffer, byteOffset, byteLength),
  );
  return `${vectors.length}:${Buffer.concat(bytes).toString('base64')}`;
}

export function decodeVectors(text: string): Vectors {
  const colon = text.indexOf(':');
  const count = Number(text.slice(0, colon));
  // A copy of its own: numbers of four bytes must begin at a multiple of four.
  const { buffer } = new Uint8Array(Buffer.from(text.slice(colon + 1), 'base64'));
  const length = buffer.byteLength / Float32Array.BYTES_PER_ELEMENT / count;
  return Array.from(
    { length: count },
    (_, n) => new Float32Array(buffer, n * length * Float32Array.BYTES_PER_ELEMENT, length),
  );
}
