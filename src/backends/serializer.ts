// LangGraph's serializer, and what it loses: it reads a Date back as text, a Buffer as a plain object, and cannot write
// a BigInt. Here a Date is written in ISO 8601's expanded form (`+002026-11-24T…`, ECMA-262 §21.4.1.32.1), which
// `new Date` reads as well and no other program writes for such a year; a BigInt as a record of the kind that LangGraph
// has for a Set or a Map; a Buffer as the bytes it is. Each comes back as it was; a stock saver reads a Date as text and
// a BigInt as the record.
import { Buffer } from 'node:buffer';
import { load } from '@langchain/core/load';
import { JsonPlusSerializer, type SerializerProtocol } from '@langchain/langgraph-checkpoint';

const EXPANDED = /^[+-]\d{6}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const EXPANDED_LENGTH = 27;
const DIGITS = /^-?\d+$/;

/** What LangGraph's serializer writes in the place of all that it was given, where a part of it throws. */
const NOTHING_OF_IT = '"[unable to serialize, circular reference is too complex to analyze]"';

class KeepingSerializer extends JsonPlusSerializer {
  override async dumpsTyped(value: unknown): Promise<[string, Uint8Array]> {
    // JSON has no form for them, which LangGraph could not read again.
    const kept = typeof value === 'function' || typeof value === 'symbol' ? undefined : value;
    const written = write(kept, new Map());
    const [type, data] = await super.dumpsTyped(written);
    if (data.length === NOTHING_OF_IT.length && new TextDecoder().decode(data) === NOTHING_OF_IT) {
      // Throws what keeps it from being written; a run then ends with that, instead of losing its state.
      if (JSON.stringify(written) !== NOTHING_OF_IT)
        throw new Error('the state holds what cannot be written as JSON');
    }
    return [type, data];
  }

  override async loadsTyped(type: string, data: Uint8Array | string): Promise<unknown> {
    if (type !== 'json') return super.loadsTyped(type, data);
    try {
      return read(await super.loadsTyped(type, data));
    } catch {
      const text = typeof data === 'string' ? data : new TextDecoder().decode(data);
      const readable: unknown = await withoutUnreadable(JSON.parse(text));
      return read(await super.loadsTyped(type, JSON.stringify(readable)));
    }
  }
}

export const serializer: SerializerProtocol = new KeepingSerializer();

/** The value in forms that LangGraph keeps; what holds nothing else stays the same object. */
function write(value: unknown, seen: Map<object, unknown>): unknown {
  if (typeof value === 'bigint') return asRecord('BigInt', String(value));
  // A text that would come back as a Date.
  if (typeof value === 'string' && isExpanded(value)) return asRecord('String', value);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return expanded(value);
  if (Buffer.isBuffer(value)) return new Uint8Array(value);
  if (seen.has(value)) return seen.get(value);
  // Within a circle the object stands for itself; LangGraph's serializer then says so.
  seen.set(value, value);
  const written = writeInside(value, seen);
  seen.set(value, written);
  return written;
}

function writeInside(value: object, seen: Map<object, unknown>): unknown {
  if (Array.isArray(value)) return mapItems(value, (item) => write(item, seen)) ?? value;
  if (value instanceof Set) {
    const items = mapItems([...value], (item) => write(item, seen));
    return items === undefined ? value : new Set(items);
  }
  if (value instanceof Map) {
    const entries = mapItems([...value].flat(), (item) => write(item, seen));
    if (entries === undefined) return value;
    return new Map(Array.from(value, (_, n) => [entries[2 * n], entries[2 * n + 1]]));
  }
  // Messages and other classes serialize themselves.
  if (ArrayBuffer.isView(value) || ('toJSON' in value && !('lg_name' in value))) return value;
  const values = mapItems(Object.values(value), (item) => write(item, seen));
  if (values === undefined) return value;
  const written: unknown = Object.create(Object.getPrototypeOf(value) as object | null);
  return Object.assign(
    written as object,
    Object.fromEntries(Object.keys(value).map((key, n) => [key, values[n]])),
  );
}

/** The items mapped; undefined where each stayed what it was. */
function mapItems(items: readonly unknown[], map: (item: unknown) => unknown) {
  let mapped: unknown[] | undefined;
  for (const [n, item] of items.entries()) {
    const next = map(item);
    if (next === item) continue;
    mapped ??= [...items];
    mapped[n] = next;
  }
  return mapped;
}

function expanded(date: Date): string | null {
  if (Number.isNaN(date.getTime())) return null;
  const iso = date.toISOString();
  return iso.length === EXPANDED_LENGTH ? iso : `+00${iso}`;
}

/** Turns the forms back within a value that was just read, in place. */
function read(value: unknown): unknown {
  if (typeof value === 'string') {
    return isExpanded(value) ? new Date(value) : value;
  }
  if (typeof value !== 'object' || value === null) return value;
  const recorded = fromRecord(value);
  if (recorded !== undefined) return recorded;
  if (Array.isArray(value)) {
    for (const [n, item] of value.entries()) {
      const known = read(item);
      if (known !== item) value[n] = known;
    }
  } else if (value instanceof Map) {
    const entries = Array.from(value, ([key, item]) => [read(key), read(item)] as const);
    value.clear();
    for (const [key, item] of entries) value.set(key, item);
  } else if (value instanceof Set) {
    const items = Array.from(value, read);
    value.clear();
    for (const item of items) value.add(item);
  } else if (!ArrayBuffer.isView(value) && !('toJSON' in value)) {
    for (const [key, item] of Object.entries(value)) {
      const known = read(item);
      if (known !== item) (value as Record<string, unknown>)[key] = known;
    }
  }
  return value;
}

function isExpanded(text: string): boolean {
  return text.length === EXPANDED_LENGTH && EXPANDED.test(text);
}

/** A record as LangGraph has it for a Set or a Map. */
function asRecord(constructor: 'BigInt' | 'String', text: string): object {
  return { lc: 2, type: 'constructor', id: [constructor], method: null, args: [text], kwargs: {} };
}

/** What the record stands for; undefined for what is no record of ours. */
function fromRecord(value: object): bigint | string | undefined {
  if (!('lc' in value) || !('id' in value) || !('args' in value)) return undefined;
  const { lc, id, args } = value;
  if (lc !== 2 || !Array.isArray(id) || !Array.isArray(args)) return undefined;
  const [text]: unknown[] = args;
  if (typeof text !== 'string') return undefined;
  if (id[0] === 'BigInt' && DIGITS.test(text)) return BigInt(text);
  return id[0] === 'String' ? text : undefined;
}

/**
 * JSON without what claims to be an object of LangChain's and is none that can be loaded: one such would keep all of
 * a state from being read. Its parts stay, under another form.
 */
async function withoutUnreadable(value: unknown): Promise<unknown> {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return Promise.all(value.map(withoutUnreadable));
  const entries = Object.entries(value).map(async ([key, item]: [string, unknown]) => [
    key,
    await withoutUnreadable(item),
  ]);
  const inside = Object.fromEntries(await Promise.all(entries)) as Record<string, unknown>;
  const { lc, type, id, kwargs } = inside;
  if (lc !== 1 || type !== 'constructor' || !Array.isArray(id)) return inside;
  try {
    await load(JSON.stringify(inside));
    return inside;
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : '';
    return { $unreadable: reason, id, kwargs };
  }
}
