// LangGraph's serializer, and dates: it writes a Date as text and reads that text back as a string. Here a Date is
// written in ISO 8601's expanded form (`+002026-11-24T…`, ECMA-262 §21.4.1.32.1), which `new Date` reads as well and
// no other program writes for such a year, and comes back as the Date that it was. A stock saver reads it as text.
import { JsonPlusSerializer, type SerializerProtocol } from '@langchain/langgraph-checkpoint';

const EXPANDED = /^[+-]\d{6}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const EXPANDED_LENGTH = 27;

class DateKeepingSerializer extends JsonPlusSerializer {
  override dumpsTyped(value: unknown): Promise<[string, Uint8Array]> {
    return super.dumpsTyped(writeDates(value, new Map()));
  }

  override async loadsTyped(type: string, data: Uint8Array | string): Promise<unknown> {
    const value: unknown = await super.loadsTyped(type, data);
    return type === 'json' ? readDates(value) : value;
  }
}

export const serializer: SerializerProtocol = new DateKeepingSerializer();

/** The value with its dates in expanded form; what holds no date stays the same object. */
function writeDates(value: unknown, seen: Map<object, unknown>): unknown {
  // LangGraph would put an error's text in its place, or lose the whole checkpoint.
  if (typeof value === 'bigint') {
    throw new TypeError(
      `A state cannot hold a BigInt (${value}n); keep it as a number or as text.`,
    );
  }
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return expanded(value);
  if (seen.has(value)) return seen.get(value);
  // Within a circle the object stands for itself; LangGraph's serializer then says so.
  seen.set(value, value);
  const written = writeInside(value, seen);
  seen.set(value, written);
  return written;
}

function writeInside(value: object, seen: Map<object, unknown>): unknown {
  if (Array.isArray(value)) return mapItems(value, (item) => writeDates(item, seen)) ?? value;
  if (value instanceof Set) {
    const items = mapItems([...value], (item) => writeDates(item, seen));
    return items === undefined ? value : new Set(items);
  }
  if (value instanceof Map) {
    const entries = mapItems([...value].flat(), (item) => writeDates(item, seen));
    if (entries === undefined) return value;
    return new Map(Array.from(value, (_, n) => [entries[2 * n], entries[2 * n + 1]]));
  }
  // Messages and other classes serialize themselves.
  if (ArrayBuffer.isView(value) || ('toJSON' in value && !('lg_name' in value))) return value;
  const values = mapItems(Object.values(value), (item) => writeDates(item, seen));
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

/** Turns the dates of a value that was just read, in place. */
function readDates(value: unknown): unknown {
  if (typeof value === 'string') {
    return value.length === EXPANDED_LENGTH && EXPANDED.test(value) ? new Date(value) : value;
  }
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    for (const [n, item] of value.entries()) {
      const read = readDates(item);
      if (read !== item) value[n] = read;
    }
  } else if (value instanceof Map) {
    const entries = Array.from(value, ([key, item]) => [readDates(key), readDates(item)] as const);
    value.clear();
    for (const [key, item] of entries) value.set(key, item);
  } else if (value instanceof Set) {
    const items = Array.from(value, readDates);
    value.clear();
    for (const item of items) value.add(item);
  } else if (!ArrayBuffer.isView(value) && !('toJSON' in value)) {
    for (const [key, item] of Object.entries(value)) {
      const read = readDates(item);
      if (read !== item) (value as Record<string, unknown>)[key] = read;
    }
  }
  return value;
}
