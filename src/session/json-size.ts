/** Sizes of values that do not change, and are asked for again. */
const known = new WeakMap<object, number>();

/**
 * About how many bytes of JSON a value takes, without making it: what an escape within a string takes is left out.
 * @param most it stops once it is beyond
 */
export function jsonSize(value: unknown, most = Infinity): number {
  if (typeof value !== 'object' || value === null) return sizeOfScalar(value);
  const before = known.get(value);
  if (before !== undefined) return before;
  let size = 0;
  // What is left to look at: a value that nests deeply needs no stack.
  const left: object[] = [value];
  for (let item = left.pop(); item !== undefined && size <= most; item = left.pop()) {
    const add = (part: unknown) => {
      if (typeof part === 'object' && part !== null) left.push(part);
      else size += sizeOfScalar(part) + 1;
    };
    size += 2;
    if (Array.isArray(item)) for (const part of item as readonly unknown[]) add(part);
    else {
      for (const [key, part] of Object.entries(item)) {
        size += key.length + 3;
        add(part);
      }
    }
  }
  if (size <= most) known.set(value, size);
  return size;
}

function sizeOfScalar(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value) + 2;
  if (typeof value === 'number') return String(value).length;
  return value === undefined ? 0 : 5;
}
