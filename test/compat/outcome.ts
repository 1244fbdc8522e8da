// What came of a turn, in a form that does not depend on who ran it.

export interface Outcome {
  readonly values: unknown;
  /** What is asked, in its order. */
  readonly interrupts: readonly unknown[];
  /** The text of each message that was streamed, sorted: those of parallel nodes have no order. */
  readonly texts: readonly string[];
  /** What nodes wrote to the custom stream. */
  readonly custom: readonly unknown[];
}

const ID = /[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/g;
const INSTANT = /\d{4}-\d\d-\d\dT[\d:.]+Z/g;

export function outcomeOf({ values, interrupts, texts, custom }: Outcome): Outcome {
  return {
    values: plain(values),
    interrupts: interrupts.map(plain),
    texts: texts.filter((text) => text !== '').toSorted(),
    custom: custom.map(plain),
  };
}

/** As JSON, without ids and times that are new each time; of messages, what they say. */
function plain(value: unknown): unknown {
  const json = JSON.stringify(said(value)) ?? 'null';
  return JSON.parse(json.replaceAll(ID, 'id').replaceAll(INSTANT, 'then')) as unknown;
}

function said(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(said);
  if (!('content' in value)) return inside(value);
  const message = value as Partial<Record<'id' | 'lc_kwargs' | 'content', unknown>> & {
    readonly getType?: () => string;
    readonly type?: string;
    readonly name?: string;
    readonly tool_calls?: readonly { readonly name: string; readonly args: unknown }[];
    readonly status?: string;
  };
  const type = message.getType?.() ?? message.type;
  if (!['human', 'ai', 'tool', 'system'].includes(type ?? '')) return inside(value);
  const { content, name, tool_calls: calls = [], status } = message;
  return {
    said: content,
    by: type,
    ...(name !== undefined && { name }),
    ...(status !== undefined && { status }),
    ...(calls.length > 0 && { calls: calls.map((call) => ({ name: call.name, args: call.args })) }),
  };
}

function inside(value: object): object {
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, said(inner)]));
}
