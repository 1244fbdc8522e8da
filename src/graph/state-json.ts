// State as people read it. Messages become `{type, content, …}` as LangChain names their fields; what JSON has no form
// for gets one that tells its kind, and nothing that a graph keeps breaks a query:
//   Date → ISO 8601 text    Map → {$map: [[key, value]…]}    Set → {$set: [value…]}    BigInt → {$bigint: "digits"}
//   bytes → {$bytes: base64}    NaN, ±Infinity → {$number: "NaN"}    Error → {name, message}
//   an instance of a class → its own properties    what points back at itself → {$circular: true}
import { Buffer } from 'node:buffer';

interface MessageLike {
  toDict(): { readonly type: string; readonly data: Readonly<Record<string, unknown>> };
}

/** A JSON value that shows `value`. Functions, symbols and undefined are left out, as JSON.stringify does. */
export function toJson(value: unknown): unknown {
  return convert(value, []) ?? null;
}

function convert(value: unknown, above: readonly object[]): unknown {
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

function convertReference(value: object, above: readonly object[]): unknown {
  if (above.includes(value)) return { $circular: true };
  try {
    return convertObject(value, [...above, value]);
  } catch (error) {
    return { $unreadable: error instanceof Error ? error.message : String(error) };
  }
}

function convertObject(value: object, above: readonly object[]): unknown {
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
