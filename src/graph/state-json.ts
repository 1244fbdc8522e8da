// State as people read it. Messages become `{type, content, …}` as LangChain names their fields; what JSON has no form
// for gets one that tells its kind, and nothing that a graph keeps breaks a query:
//   Date → ISO 8601 text    Map → {$map: [[key, value]…]}    Set → {$set: [value…]}    BigInt → {$bigint: "digits"}
//   bytes → {$bytes: base64}    NaN, ±Infinity → {$number: "NaN"}    Error → {name, message}
//   an instance of a class → its own properties    what points back at itself → {$circular: true}
import { Buffer } from 'node:buffer';
import { DEEPEST_SLICED, MANY_PARTS, Slices } from '../session/slices.ts';

interface MessageLike {
  toDict(): { readonly type: string; readonly data: Readonly<Record<string, unknown>> };
}

/** A JSON value that shows `value`. Functions, symbols and undefined are left out, as JSON.stringify does. */
export function toJson(value: unknown): unknown {
  return convert(value, []) ?? null;
}

/** As `toJson`, for values that may be large: others have their turn meanwhile. */
export async function toJsonInSlices(value: unknown): Promise<unknown> {
  return (await convertLarge(value, [], new Slices())) ?? null;
}

async function convertLarge(value: unknown, above: object[], slices: Slices): Promise<unknown> {
  if (above.length >= DEEPEST_SLICED || !hasMany(value) || above.includes(value))
    return convert(value, above);
  above.push(value);
  const isList = Array.isArray(value);
  const entries: [string, unknown][] = [];
  const items: unknown[] = [];
  let count = 0;
  for (const key of isList ? value.keys() : Object.keys(value)) {
    const item = (value as Record<string | number, unknown>)[key];
    const part = hasMany(item) ? await convertLarge(item, above, slices) : convert(item, above);
    if (isList) items.push(part ?? null);
    else if (part !== undefined) entries.push([String(key), part]);
    if ((count += 1) % MANY_PARTS === 0 && slices.isDue) await slices.pause();
  }
  above.pop();
  return isList ? items : Object.fromEntries(entries);
}

/** Whether it is a list or plain object that is worth slicing: the outermost are, as a state's channels may be large. */
function hasMany(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.length > MANY_PARTS || value.some(isContainer);
  return (
    isPlain(value) &&
    (Object.keys(value).length > MANY_PARTS || Object.values(value).some(isContainer))
  );
}

function isContainer(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function convert(value: unknown, above: object[]): unknown {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? value : { $number: String(value) };
    case 'bigint':
      return { $bigint: String(value) };
    case 'function':
    case 'symbol':
    case 'undefined':
      return undefined;
    case 'string':
    case 'boolean':
      return value;
    case 'object':
      return value === null ? null : convertReference(value, above);
  }
}

function convertReference(value: object, above: object[]): unknown {
  if (above.includes(value)) return { $circular: true };
  above.push(value);
  try {
    return convertObject(value, above);
  } catch (error) {
    return { $unreadable: error instanceof Error ? error.message : String(error) };
  } finally {
    above.pop();
  }
}

function convertObject(value: object, above: object[]): unknown {
  const inner = (item: unknown) => convert(item, above);
  if (Array.isArray(value)) return value.map((item: unknown) => inner(item) ?? null);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Map) return { $map: [...value].map((pair) => pair.map(inner)) };
  if (value instanceof Set) return { $set: [...value].map(inner) };
  if (value instanceof RegExp || value instanceof URL) return String(value);
  if (value instanceof Error) return { name: value.name, message: value.message };
  if (value instanceof ArrayBuffer) return { $bytes: Buffer.from(value).toString('base64') };
  if (ArrayBuffer.isView(value)) {
    return {
      $bytes: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64'),
    };
  }
  if (isMessage(value)) return messageToJson(value, inner);
  const entries = Object.entries(value).flatMap(([key, item]: [string, unknown]) => {
    const shown = inner(item);
    return shown === undefined ? [] : [[key, shown] as const];
  });
  return Object.fromEntries(entries);
}

function messageToJson(message: MessageLike, inner: (value: unknown) => unknown): unknown {
  const { type, data } = message.toDict();
  const held = message as unknown as Readonly<Record<string, unknown>>;
  // LangChain's own copy loses what is not plain.
  const parts = Object.keys(data).map((key) => [key, key in held ? held[key] : data[key]]);
  return inner({ type, ...(Object.fromEntries(parts) as object) });
}

function isMessage(value: object): value is MessageLike {
  return 'toDict' in value && typeof value.toDict === 'function' && 'content' in value;
}
