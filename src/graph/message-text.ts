// The text of messages as a model writes them: each piece with how much stood before it.
import type { LiveDetail } from '../session/progress.ts';
import { toJson } from './state-json.ts';

interface MessageLike {
  readonly id?: string;
  readonly content: unknown;
  getType?(): string;
  _getType?(): string;
}

export class MessageText {
  readonly #written = new Map<string, { text: string; message: MessageLike }>();

  /** A piece of a model's message; undefined for what no model wrote. */
  read(message: unknown, metadata: unknown, namespace: string): LiveDetail | undefined {
    if (!isMessage(message) || typeof message.id !== 'string') return undefined;
    if (!['ai', 'AIMessageChunk'].includes(message.getType?.() ?? message._getType?.() ?? '')) {
      return undefined;
    }
    const text = textOf(message.content);
    const before = isChunk(message) ? this.#written.get(message.id) : undefined;
    const offset = before?.text.length ?? 0;
    const now = {
      text: (before?.text ?? '') + text,
      message:
        before !== undefined && isChunk(before.message) ? before.message.concat(message) : message,
    };
    this.#written.set(message.id, now);
    return {
      type: 'MessageDelta',
      namespace,
      node: nodeOf(metadata),
      messageId: message.id,
      offset,
      text,
      chunk: toJson(message),
      soFar: () => ({ text: now.text, chunk: toJson(now.message) }),
    };
  }
}

/** The words of a message's content: a string, or the text of its blocks. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((block: unknown) => {
      if (typeof block === 'string') return block;
      if (typeof block !== 'object' || block === null || !('text' in block)) return '';
      return typeof block.text === 'string' ? block.text : '';
    })
    .join('');
}

function isMessage(value: unknown): value is MessageLike {
  return typeof value === 'object' && value !== null && 'content' in value;
}

/** A chunk adds to what was there; a whole message is all there is. */
function isChunk(message: object): message is { concat(other: object): MessageLike } {
  return 'concat' in message && typeof message.concat === 'function';
}

function nodeOf(metadata: unknown): string {
  if (typeof metadata !== 'object' || metadata === null || !('langgraph_node' in metadata))
    return '';
  return String(metadata.langgraph_node);
}
