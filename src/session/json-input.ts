// What a user may put into a graph's state. LangChain and LangGraph tell some of their objects by their keys, so plain
// JSON with such a key could pass for one: a forged Overwrite goes past the reducer of its channel, and a thread with a
// forged object of LangChain's may not be readable again. Such input is refused before it is stored.
import { invalidInput } from '../errors.ts';

/** How deep JSON from a client may be nested. */
export const DEEPEST_JSON = 100;

/**
 * How many values JSON from a client may have, each counted by about how long it takes: the most that there may be hold the
 * event loop for less than 100 ms (test/attacks/held-loop.test.ts).
 */
const MOST_VALUES = 100_000;
const LIST_COUNTS = 2;
const KEY_COUNTS = 3;

const RESERVED_CONFIGURABLE = new Set([
  'thread_id',
  'checkpoint_ns',
  'checkpoint_id',
  'checkpoint_map',
  'user',
]);

/** Keys by which a library knows an object of its own. */
const RESERVED_KEYS: ReadonlyMap<string, string> = new Map([
  ['lc', ', which LangChain’s serializer reserves'],
  ['lg_name', ', which LangGraph reserves for Send, Command and its like'],
  ['__lg_type', ', which LangGraph reserves for what a function has saved'],
  ['__overwrite__', ', which LangGraph reserves for Overwrite'],
  ['__proto__', ''],
]);
/** Another form of an Overwrite is `{"type": "__overwrite__", "value": …}`. */
const OVERWRITE_TYPE = '__overwrite__';

/**
 * Refuses what would harm the session that stores it.
 * @param field the argument's name, for the message
 * @param maxBytes the most bytes of UTF-8 it may take as JSON
 * @throws GatewayError INVALID_INPUT
 */
export function checkJson(field: string, value: unknown, maxBytes: number): void {
  checkTree({ above: null, key: field }, value, 0, { values: 0 });
  const bytes = Buffer.byteLength(JSON.stringify(value) ?? '');
  if (bytes > maxBytes) {
    throw invalidInput(`\`${field}\` is ${bytes} bytes of JSON; at most ${maxBytes} are accepted.`);
  }
}

/** @throws GatewayError INVALID_INPUT for text that some databases cannot hold. */
export function checkText(field: string, text: string): void {
  if (text.isWellFormed() && !text.includes('\0')) return;
  throw invalidInput(`\`${field}\` must be Unicode text without NUL characters.`);
}

/** @throws GatewayError INVALID_INPUT unless it is a JSON object that may be stored. */
export function checkJsonObject(
  field: string,
  value: unknown,
  maxBytes: number,
): Readonly<Record<string, unknown>> {
  if (!isPlainObject(value)) throw invalidInput(`\`${field}\` must be a JSON object.`);
  checkJson(field, value, maxBytes);
  return value;
}

/** @throws GatewayError INVALID_INPUT for keys that LangGraph or the gateway sets itself. */
export function checkConfigurable(
  value: unknown,
  maxBytes: number,
): Readonly<Record<string, unknown>> {
  const configurable = checkJsonObject('configurable', value, maxBytes);
  for (const key of Object.keys(configurable)) {
    if (isReservedConfigurable(key)) {
      throw invalidInput(`\`configurable.${key}\` is reserved and cannot be set.`);
    }
  }
  return configurable;
}

/** Whether LangGraph or the gateway sets this key of `configurable`. */
export function isReservedConfigurable(key: string): boolean {
  return RESERVED_CONFIGURABLE.has(key) || /^(__|langgraph_)/.test(key);
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Where a value stands; its words are made only where they are told. */
interface At {
  readonly above: At | null;
  readonly key: string | number;
}

/** @param count how many values were looked at by now */
function checkTree(at: At, value: unknown, depth: number, count: { values: number }): void {
  count.values += typeof value === 'object' && value !== null ? LIST_COUNTS : 1;
  if (count.values > MOST_VALUES) {
    throw invalidInput(
      `\`${rootOf(at)}\` has more than ${MOST_VALUES} values; a list or an object counts as ${LIST_COUNTS}, a key as ${KEY_COUNTS}.`,
    );
  }
  if (typeof value === 'number' && !Number.isFinite(value))
    throw invalidInput(`\`${pathOf(at)}\` is a number that JSON has no form for.`);
  if (typeof value !== 'object' || value === null) return;
  if (depth >= DEEPEST_JSON)
    throw invalidInput(`\`${rootOf(at)}\` is nested more than ${DEEPEST_JSON} deep.`);
  if (Array.isArray(value)) {
    for (const [key, item] of value.entries())
      checkTree({ above: at, key }, item, depth + 1, count);
    return;
  }
  const entries = Object.entries(value);
  count.values += entries.length * KEY_COUNTS;
  for (const [key, item] of entries) {
    const reserved = RESERVED_KEYS.get(key);
    if (reserved !== undefined)
      throw invalidInput(`\`${pathOf(at)}\` has the key "${key}"${reserved}.`);
    if (key === 'type' && item === OVERWRITE_TYPE) {
      throw invalidInput(
        `\`${pathOf(at)}\` is of the type "${OVERWRITE_TYPE}", which LangGraph reserves for Overwrite.`,
      );
    }
    checkTree({ above: at, key }, item, depth + 1, count);
  }
}

function pathOf({ above, key }: At): string {
  if (above === null) return String(key);
  return typeof key === 'number' ? `${pathOf(above)}[${key}]` : `${pathOf(above)}.${key}`;
}

function rootOf(at: At): string {
  return at.above === null ? String(at.key) : rootOf(at.above);
}
