// LangGraph's serializer, and what it loses: it reads a Date back as text, a Buffer as a plain object, NaN as null and a
// Float32Array as a plain object; it cannot write a BigInt; within messages it loses all of these; and it turns plain data
// that looks like an object of LangChain's, such as JSON that a node has parsed, into that object. Here
// - a Date is written in ISO 8601's expanded form (`+002026-11-24T…`, ECMA-262 §21.4.1.32.1), which `new Date` reads as
//   well and no other program writes for such a year;
// - what else JSON has no form for is a record of the kind that LangGraph has for a Set or a Map (`lc: 2`), and so is
//   plain data that looks like one or has a key `__proto__`;
// - a message with such a part is written as LangChain writes it, with the part in its record.
// Each comes back as it was, a Buffer as a Uint8Array; a stock saver reads a Date as text and a record as it is written.
import { Buffer } from 'node:buffer';
import { load } from '@langchain/core/load';
import { JsonPlusSerializer, type SerializerProtocol } from '@langchain/langgraph-checkpoint';
import { DEEPEST_SLICED, MANY_PARTS, Slices } from '../session/slices.ts';

const EXPANDED = /^[+-]\d{6}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const EXPANDED_LENGTH = 27;
/** A record whose id begins so is ours alone: LangGraph's own are revived before a message is made of them, and lost in it. */
const OURS = 'session-gateway';

const DIGITS = /^-?\d+$/;

const TYPED_ARRAYS = {
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
};

/** What LangGraph's serializer writes in the place of all that it was given, where a part of it throws. */
const NOTHING_OF_IT = '"[unable to serialize, circular reference is too complex to analyze]"';

class KeepingSerializer extends JsonPlusSerializer {
  override async dumpsTyped(value: unknown): Promise<[string, Uint8Array]> {
    // JSON has no form for them, which LangGraph could not read again.
    const kept = typeof value === 'function' || typeof value === 'symbol' ? undefined : value;
    const written = write(kept, { message: new Map(), anywhere: new Map() }, 'anywhere');
    // LangGraph's own writer looks at each value several times.
    if (isPlainJson(written)) return ['json', new TextEncoder().encode(JSON.stringify(written))];
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
    const text = typeof data === 'string' ? data : new TextDecoder().decode(data);
    const slices = new Slices();
    const parsed: unknown = JSON.parse(text);
    try {
      return await readLarge(await this.#revive(parsed, text, slices), slices);
    } catch {
      const readable: unknown = await withoutUnreadable(JSON.parse(text));
      return read(await super.loadsTyped(type, JSON.stringify(readable)));
    }
  }

  /**
   * Has LangGraph make its objects and LangChain's of their records. It waits once for each value within what it is given,
   * which takes ten times as long as to parse them, so it is given the records alone.
   */
  async #revive(parsed: unknown, text: string, slices: Slices): Promise<unknown> {
    if (!text.includes('"lc"')) return parsed;
    const root = { value: parsed };
    for (const { holder, key } of recordsIn(root)) {
      holder[key] = await super.loadsTyped('json', JSON.stringify(holder[key]));
      if (slices.isDue) await slices.pause();
    }
    return root.value;
  }
}

export const serializer: SerializerProtocol = new KeepingSerializer();

interface RecordPlace {
  readonly holder: Record<string | number, unknown>;
  readonly key: string | number;
}

/** Where the outermost records stand within parsed JSON. */
function recordsIn(root: object): RecordPlace[] {
  const found: RecordPlace[] = [];
  const left: object[] = [root];
  const look = (holder: object, key: string | number, value: unknown) => {
    if (typeof value !== 'object' || value === null) return;
    if (Object.hasOwn(value, 'lc')) found.push({ holder: holder as RecordPlace['holder'], key });
    else left.push(value);
  };
  for (let holder = left.pop(); holder !== undefined; holder = left.pop()) {
    if (Array.isArray(holder)) for (const [n, item] of holder.entries()) look(holder, n, item);
    else for (const [key, item] of Object.entries(holder)) look(holder, key, item);
  }
  return found;
}

/** What a value is written within: a message, or anything else. */
type Place = 'message' | 'anywhere';

/** What is written by now, for objects that are held more than once. */
type Seen = Readonly<Record<Place, Map<object, unknown>>>;

/** The value in forms that LangGraph keeps; what holds nothing else stays the same object. */
function write(value: unknown, seen: Seen, place: Place): unknown {
  switch (typeof value) {
    case 'bigint':
      return record('BigInt', String(value));
    case 'number':
      return Number.isFinite(value) ? value : record('Number', String(value));
    case 'string':
      // A text that would come back as a Date.
      return isExpanded(value) ? record('String', value) : value;
    case 'object':
      return value === null ? null : writeReference(value, seen, place);
    case 'boolean':
    case 'function':
    case 'symbol':
    case 'undefined':
      return value;
  }
}

function writeReference(value: object, seen: Seen, place: Place): unknown {
  if (value instanceof Date) return expanded(value);
  const known = seen[place];
  if (known.has(value)) return known.get(value);
  // Within a circle.
  known.set(value, { $circular: true });
  const written = writeObject(value, seen, place);
  known.set(value, written);
  return written;
}

function writeObject(value: object, seen: Seen, place: Place): unknown {
  const inside = (item: unknown) => write(item, seen, place);
  const isInMessage = place === 'message';
  if (Array.isArray(value)) return mapItems(value, inside) ?? value;
  if (value instanceof Set) {
    const items = mapItems([...value], inside);
    if (isInMessage) return record('Set', items ?? [...value]);
    return items === undefined ? value : new Set(items);
  }
  if (value instanceof Map) {
    const entries = [...value].flat();
    const mapped = mapItems(entries, inside);
    if (mapped === undefined && !isInMessage) return value;
    const all = mapped ?? entries;
    const pairs = Array.from(value, (_, n) => [all[2 * n], all[2 * n + 1]] as const);
    return isInMessage ? record('Map', pairs) : new Map(pairs);
  }
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return writeBytes(value, place);
  if (value instanceof URL) return record('URL', value.href);
  if (isInMessage && value instanceof RegExp) return record('RegExp', value.source, value.flags);
  if (isInMessage && value instanceof Error) return record('Error', value.name, value.message);
  if (isSerializable(value)) return writeSerializable(value, seen);
  // Other classes serialize themselves.
  if (serializesItself(value) && !('lg_name' in value)) return value;
  if (isPlain(value) && looksLikeRecord(value)) {
    return record(
      'Object',
      Object.entries(value).map(([key, item]) => [key, inside(item)]),
    );
  }
  const values = mapItems(Object.values(value), inside);
  if (values === undefined) return value;
  const written: unknown = Object.create(Object.getPrototypeOf(value) as object | null);
  return Object.assign(
    written as object,
    Object.fromEntries(Object.keys(value).map((key, n) => [key, values[n]])),
  );
}

/** LangGraph has a form for a Uint8Array, but not within a message. */
function writeBytes(value: ArrayBufferView | ArrayBuffer, place: Place): unknown {
  const bytes =
    value instanceof ArrayBuffer
      ? Buffer.from(value)
      : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (place === 'anywhere' && Buffer.isBuffer(value)) return new Uint8Array(value);
  if (place === 'anywhere' && value instanceof Uint8Array) return value;
  const name = Object.prototype.toString.call(value).slice('[object '.length, -1);
  return record(name, bytes.toString('base64'));
}

/** A message, or another object that LangChain serializes by what it was made of. */
interface Serializable {
  readonly lc_serializable: true;
  toJSON(): { readonly lc: number; readonly type: string; readonly kwargs?: object };
}

function isSerializable(value: object): value is Serializable {
  return 'lc_serializable' in value && value.lc_serializable === true && serializesItself(value);
}

function serializesItself(value: object): boolean {
  return 'toJSON' in value && typeof value.toJSON === 'function';
}

/** LangChain copies what a message holds as if it were plain; what is not goes into the copy in a form that stays. */
function writeSerializable(value: Serializable, seen: Seen): unknown {
  const raw = value as unknown as Readonly<Record<string, unknown>>;
  const own = Object.keys(raw).filter((key) => !key.startsWith('lc_'));
  const written = new Map(own.map((key) => [key, write(raw[key], seen, 'message')]));
  if (own.every((key) => written.get(key) === raw[key])) return value;
  const { kwargs = {}, ...form } = value.toJSON();
  const parts = Object.entries(kwargs).map(([key, part]: [string, unknown]) => [
    key,
    written.has(key) && written.get(key) !== raw[key] ? written.get(key) : part,
  ]);
  return { ...form, kwargs: Object.fromEntries(parts) as object };
}

/** Whether JSON.stringify says all there is to say of it. */
function isPlainJson(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object') return typeof value === 'string' || typeof value === 'boolean';
  if (value === null) return true;
  if (Array.isArray(value)) return value.every(isPlainJson);
  if (!isPlain(value) || serializesItself(value)) return false;
  return Object.keys(value).every((key) => isPlainJson((value as Record<string, unknown>)[key]));
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** Whether LangGraph or LangChain would make something else of it, or of its prototype. */
function looksLikeRecord(value: object): boolean {
  return ['lc', 'lg_name', '__proto__', '__lc_escaped__'].some((key) => Object.hasOwn(value, key));
}

/** The items mapped; undefined where each stayed what it was. */
function mapItems(items: readonly unknown[], map: (item: unknown) => unknown) {
  let mapped: unknown[] | undefined;
  for (const [n, item] of items.entries()) {
    const next = map(item);
    if (Object.is(next, item)) continue;
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

/**
 * Turns the forms back within a value that was just read, in place.
 * @param message what was turned back by now of a message, which holds its parts twice; parsed JSON holds each once
 */
function read(value: unknown, message?: Map<object, unknown>): unknown {
  if (typeof value === 'string') return isExpanded(value) ? new Date(value) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (message?.has(value) === true) return message.get(value);
  message?.set(value, value);
  if (isData(value)) return readParts(value, message);
  const known =
    message ?? (isSerializable(value) ? new Map([[value, value as unknown]]) : undefined);
  const inside = (item: unknown) => read(item, known);
  const recorded = fromRecord(value, inside);
  if (recorded !== undefined) {
    known?.set(value, recorded.value);
    return recorded.value;
  }
  if (value instanceof Map) {
    const entries = Array.from(value, ([key, item]) => [inside(key), inside(item)] as const);
    value.clear();
    for (const [key, item] of entries) value.set(key, item);
  } else if (value instanceof Set) {
    const items = Array.from(value, inside);
    value.clear();
    for (const item of items) value.add(item);
  } else if (!ArrayBuffer.isView(value) && (!serializesItself(value) || isSerializable(value)))
    readParts(value, known);
  return value;
}

/** A list, or a plain object that is no record. */
function isData(value: object): boolean {
  return Array.isArray(value) || (isPlain(value) && !('lc' in value));
}

function readParts(value: object, message: Map<object, unknown> | undefined): object {
  const holder = value as Record<string | number, unknown>;
  const isList = Array.isArray(value);
  const keys = isList ? value.keys() : Object.keys(holder);
  for (const key of keys) {
    const item = holder[key];
    const turned = read(item, message);
    if (turned !== item) holder[key] = turned;
  }
  return value;
}

/** Of a checkpoint: its channels, each by itself. */
const SLICED_ANYWAY = 2;

/** As `read`, and lets others have their turn meanwhile. */
async function readLarge(value: unknown, slices: Slices, depth = DEEPEST_SLICED): Promise<unknown> {
  const isSliced = Array.isArray(value) || (isRecordLike(value) && !Object.hasOwn(value, 'lc'));
  if (depth === 0 || !isSliced) return read(value);
  const holder = value as Record<string | number, unknown>;
  const keys = Array.isArray(value) ? value.keys() : Object.keys(holder);
  let count = 0;
  for (const key of keys) {
    const item = holder[key];
    const isLarge = depth > DEEPEST_SLICED - SLICED_ANYWAY || hasMany(item);
    const turned = isLarge ? await readLarge(item, slices, depth - 1) : read(item);
    if (turned !== item) holder[key] = turned;
    // To ask for the time takes as long as to read a small item.
    if ((count += 1) % MANY_PARTS === 0 && slices.isDue) await slices.pause();
  }
  return value;
}

function isRecordLike(value: unknown): value is object {
  return typeof value === 'object' && value !== null && isPlain(value);
}

function hasMany(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > MANY_PARTS;
  return isRecordLike(value) && Object.keys(value).length > MANY_PARTS;
}

function isExpanded(text: string): boolean {
  return text.length === EXPANDED_LENGTH && EXPANDED.test(text);
}

/** A record as LangGraph has it for a Set or a Map. */
function record(kind: string, ...args: unknown[]): object {
  return { lc: 2, type: 'constructor', id: [OURS, kind], method: null, args, kwargs: {} };
}

/** What a record of ours stands for; undefined for anything else. */
function fromRecord(
  value: object,
  inside: (item: unknown) => unknown,
): { readonly value: unknown } | undefined {
  if (!('lc' in value) || !('id' in value) || !('args' in value)) return undefined;
  const { lc, id, args } = value;
  if (lc !== 2 || !Array.isArray(id) || !Array.isArray(args)) return undefined;
  const [first, second]: unknown[] = args;
  if (id[0] !== OURS) {
    // An earlier version had these two under their own names.
    const isEarlier = id[0] === 'String' || (id[0] === 'BigInt' && DIGITS.test(String(first)));
    return isEarlier && typeof first === 'string' ? fromText(String(id[0]), first, '') : undefined;
  }
  const kind: unknown = id[1];
  if (typeof first === 'string') return fromText(String(kind), first, second);
  if (!Array.isArray(first)) return undefined;
  const items: unknown[] = first;
  if (kind === 'Set') return { value: new Set(items.map(inside)) };
  const pairs = items.map((item) => (Array.isArray(item) ? item : []) as unknown[]);
  if (kind === 'Map')
    return { value: new Map(pairs.map(([key, item]) => [inside(key), inside(item)])) };
  if (kind !== 'Object') return undefined;
  return { value: Object.fromEntries(pairs.map(([key, item]) => [String(key), inside(item)])) };
}

function fromText(
  kind: string,
  text: string,
  second: unknown,
): { readonly value: unknown } | undefined {
  switch (kind) {
    case 'BigInt':
      return { value: BigInt(text) };
    case 'String':
      return { value: text };
    case 'Number':
      return { value: Number(text) };
    case 'URL':
      return { value: new URL(text) };
    case 'RegExp':
      return { value: new RegExp(text, String(second)) };
    case 'Error':
      return { value: Object.assign(new Error(String(second)), { name: text }) };
    case 'ArrayBuffer':
      return { value: bytesOf(text) };
    case 'DataView':
      return { value: new DataView(bytesOf(text)) };
    default: {
      const array = Object.entries(TYPED_ARRAYS).find(([name]) => name === kind)?.[1];
      return array === undefined ? undefined : { value: new array(bytesOf(text)) };
    }
  }
}

function bytesOf(base64: string): ArrayBuffer {
  const bytes = Buffer.from(base64, 'base64');
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
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
