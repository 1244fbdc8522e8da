/** What answers as a flat list of names and values, as pairs. */
export function pairs(flat: readonly string[]): [string, string][] {
  return Array.from({ length: flat.length / 2 }, (_, n) => [
    String(flat[2 * n]),
    String(flat[2 * n + 1]),
  ]);
}
