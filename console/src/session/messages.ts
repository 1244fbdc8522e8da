// Messages as the gateway gives them: LangChain's, as plain objects. What is not as it should be is shown as it is.

export interface ChatMessage {
  /** Unique in the list. */
  readonly key: string;
  readonly id: string | null;
  /** human, ai, tool, system, or whatever else stands there. */
  readonly from: string;
  readonly name: string | null;
  readonly text: string;
  readonly calls: readonly ToolCall[];
}

export interface ToolCall {
  readonly key: string;
  readonly name: string;
  readonly args: unknown;
}

export function messagesIn(values: unknown): ChatMessage[] {
  if (!isObject(values) || !Array.isArray(values['messages'])) return [];
  return values['messages'].map(toMessage);
}

function toMessage(message: unknown, index: number): ChatMessage {
  if (!isObject(message))
    return {
      key: String(index),
      id: null,
      from: 'unknown',
      name: null,
      text: written(message),
      calls: [],
    };
  const { id, type, role, name, content, tool_calls: calls } = message;
  return {
    key: `${index} ${String(id)}`,
    id: typeof id === 'string' ? id : null,
    from: fromOf(type ?? role),
    name: typeof name === 'string' && name !== '' ? name : null,
    text: textOf(content),
    calls: Array.isArray(calls) ? calls.map(toCall) : [],
  };
}

function fromOf(type: unknown): string {
  if (type === 'user') return 'human';
  if (type === 'assistant') return 'ai';
  return typeof type === 'string' ? type : 'unknown';
}

/** Text, or a list of blocks, of which those with text are told. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return content == null ? '' : written(content);
  return content
    .map((block: unknown) => {
      if (typeof block === 'string') return block;
      if (isObject(block) && typeof block['text'] === 'string') return block['text'];
      // Calls stand in `tool_calls`, too.
      if (isObject(block) && (block['type'] === 'tool_use' || block['type'] === 'tool_call'))
        return '';
      return written(block);
    })
    .filter((text) => text !== '')
    .join('\n');
}

function toCall(call: unknown, index: number): ToolCall {
  if (!isObject(call)) return { key: String(index), name: 'unknown', args: call };
  return {
    key: `${index} ${String(call['id'])}`,
    name: typeof call['name'] === 'string' ? call['name'] : 'unknown',
    args: call['args'],
  };
}

function written(value: unknown): string {
  return JSON.stringify(value) ?? '';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
