// LangChain's messages in a state, as clients read them.
import { isPlainObject } from '../session/json-input.ts';
import type { CompiledGraph } from './compiled-graph.ts';
import { reducesMessages } from './graph-schemas.ts';
import { textOf } from './message-deltas.ts';

export const MESSAGE_ROLES = ['HUMAN', 'AI', 'SYSTEM', 'TOOL', 'OTHER'] as const;
export type MessageRole = (typeof MESSAGE_ROLES)[number];

export interface ToolCall {
  readonly id: string | null;
  readonly name: string;
  readonly args: unknown;
}

export interface TokenUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly totalTokens: number;
}

/** The messages of a graph that tells nothing of itself. */
const USUAL_KEY = 'messages';

/** The key of the state that holds a graph's messages; null where it has none. */
export function messagesKeyOf(graph: CompiledGraph | null | undefined): string | null {
  if (!graph) return USUAL_KEY;
  const keys = Object.keys(graph.channels).filter((key) => reducesMessages(graph.channels[key]));
  if (keys.includes(USUAL_KEY) || USUAL_KEY in graph.channels) return USUAL_KEY;
  return keys[0] ?? null;
}

/** LangChain's id; one that has none is told by where it stands. */
export function messageIdOf(message: unknown, index: number): string {
  const id =
    typeof message === 'object' && message !== null ? (Reflect.get(message, 'id') as unknown) : '';
  return typeof id === 'string' && id !== '' ? id : `at:${index}`;
}

const ROLES: Readonly<Record<string, MessageRole>> = {
  human: 'HUMAN',
  user: 'HUMAN',
  ai: 'AI',
  assistant: 'AI',
  AIMessageChunk: 'AI',
  system: 'SYSTEM',
  developer: 'SYSTEM',
  tool: 'TOOL',
};

/** A message as JSON, in the form of LangChain's fields, or as providers have it: `{role, content}`. */
export class MessageView {
  readonly json: unknown;
  readonly #fields: Readonly<Record<string, unknown>>;

  constructor(json: unknown) {
    this.json = json;
    this.#fields = isPlainObject(json) ? json : { content: json };
  }

  get role(): MessageRole {
    const { type, role } = this.#fields;
    const known = typeof type === 'string' ? ROLES[type] : undefined;
    return known ?? (typeof role === 'string' ? ROLES[role] : undefined) ?? 'OTHER';
  }

  get name(): string | null {
    return textOrNull(this.#fields['name']);
  }

  get content(): unknown {
    return this.#fields['content'] ?? '';
  }

  /** The text of all text blocks. */
  get text(): string {
    return textOf(this.content);
  }

  get toolCalls(): ToolCall[] {
    const calls: unknown = this.#fields['tool_calls'];
    if (!Array.isArray(calls)) return [];
    return calls.filter(isPlainObject).map((call) => {
      const { id, name, args } = call;
      const called = isPlainObject(call['function']) ? call['function'] : {};
      return {
        id: textOrNull(id),
        name: textOrNull(name ?? called['name']) ?? '',
        args: args ?? parsed(called['arguments']) ?? {},
      };
    });
  }

  get toolCallId(): string | null {
    return textOrNull(this.#fields['tool_call_id']);
  }

  get toolStatus(): 'SUCCESS' | 'ERROR' | null {
    if (this.role !== 'TOOL') return null;
    return this.#fields['status'] === 'error' ? 'ERROR' : 'SUCCESS';
  }

  get usage(): TokenUsage | null {
    const { usage_metadata: usage } = this.#fields;
    if (!isPlainObject(usage)) return null;
    const count = (key: string) => {
      const value = usage[key];
      return Number.isSafeInteger(value) ? (value as number) : 0;
    };
    const [inputTokens, outputTokens] = [count('input_tokens'), count('output_tokens')];
    return {
      inputTokens,
      outputTokens,
      totalTokens: count('total_tokens') || inputTokens + outputTokens,
    };
  }
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function parsed(text: unknown): unknown {
  if (typeof text !== 'string') return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
