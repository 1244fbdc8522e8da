// The text of messages as models and tools write them. Pieces of one message are sent together, at most once an animation
// frame: a screen shows no more, and a model may write hundreds of them a second.
import { AIMessageChunk } from '@langchain/core/messages';
import type { MessageDelta } from '../session/progress.ts';
import { toJson } from './state-json.ts';

/** An animation frame at 60 Hz. */
const FRAME_MS = 16;

const ROLES: Readonly<Record<string, MessageDelta['role']>> = {
  ai: 'AI',
  AIMessageChunk: 'AI',
  tool: 'TOOL',
};

interface MessageLike {
  readonly id?: string;
  readonly content: unknown;
  getType?(): string;
  _getType?(): string;
}

/** A message that is being written. */
interface Message {
  readonly taskId: string;
  readonly namespace: string;
  readonly node: string;
  readonly role: MessageDelta['role'];
  /** All of its text, and how much of it was told. */
  text: string;
  told: number;
  begun: boolean;
  /** What it is made of; the last `untold` of them were not told. */
  parts: MessageLike[];
  untold: number;
}

export class MessageDeltas {
  readonly #tell: (delta: MessageDelta) => void;
  readonly #messages = new Map<string, Message>();
  #timer: NodeJS.Timeout | undefined;
  #lastFlush = -Infinity;

  constructor(tell: (delta: MessageDelta) => void) {
    this.#tell = tell;
  }

  /** Takes a piece of a model's message, or a tool's; those of people and systems are left out. */
  write(message: unknown, metadata: unknown, namespace: string): void {
    if (!isMessage(message) || typeof message.id !== 'string') return;
    const role = ROLES[message.getType?.() ?? message._getType?.() ?? ''];
    if (role === undefined) return;
    const known = isChunk(message) ? this.#messages.get(message.id) : undefined;
    const now = known ?? {
      taskId: taskOf(metadata),
      namespace,
      node: textIn(metadata, 'langgraph_node'),
      role,
      text: '',
      told: 0,
      begun: false,
      parts: [],
      untold: 0,
    };
    now.text += textOf(message.content);
    now.parts.push(message);
    now.untold += 1;
    this.#messages.set(message.id, now);
    this.#schedule();
  }

  /** Tells what was not told yet. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#lastFlush = performance.now();
    for (const [messageId, message] of this.#messages) {
      if (message.untold === 0) continue;
      const { namespace, node, role, text, told, parts, untold } = message;
      message.told = text.length;
      message.untold = 0;
      const latest = parts.slice(-untold);
      let chunk: unknown;
      const begins = !message.begun;
      message.begun = true;
      this.#tell({
        type: 'MessageDelta',
        namespace,
        node,
        messageId,
        role,
        begins,
        offset: told,
        text: text.slice(told),
        // It costs more than the rest of a delta, and often nobody watches or asks for it.
        get chunk() {
          chunk ??= toJson(merge(latest));
          return chunk;
        },
      });
    }
  }

  /** Each message that is being written, from its beginning to what was told of it. */
  soFar(): MessageDelta[] {
    this.flush();
    return [...this.#messages].map(([messageId, message]) => {
      const { namespace, node, role, text, parts } = message;
      const whole = merge(parts);
      message.parts = [whole];
      return {
        type: 'MessageDelta',
        namespace,
        node,
        messageId,
        role,
        begins: true,
        offset: 0,
        text,
        chunk: toJson(whole),
      };
    });
  }

  /** A task ended, or with null all of them: its messages are whole, and forgotten. @returns which they were */
  end(taskId: string | null): string[] {
    this.flush();
    const ids = [...this.#messages].flatMap(([id, message]) =>
      taskId === null || message.taskId === taskId ? [id] : [],
    );
    for (const id of ids) this.#messages.delete(id);
    return ids;
  }

  #schedule(): void {
    if (this.#timer !== undefined) return;
    const wait = this.#lastFlush + FRAME_MS - performance.now();
    if (wait <= 0) this.flush();
    else this.#timer = setTimeout(() => this.flush(), wait);
  }
}

/** Merges consecutive chunks of one message, as they were emitted. Never throws. */
export function joinChunks(chunks: readonly unknown[]): unknown {
  if (chunks.length < 2) return chunks[0];
  try {
    return toJson(merge(chunks.map((chunk) => new AIMessageChunk(chunk as { content: string }))));
  } catch {
    return chunks.at(-1);
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

/** A chunk adds to what was there; a whole message is all there is. Never throws. */
function merge(parts: readonly MessageLike[]): MessageLike {
  return parts.reduce((whole, part) => (isChunk(whole) ? concat(whole, part) : part));
}

/** LangChain refuses to join what does not fit, such as metadata under one key of two types. Then the text must do. */
function concat(whole: Chunk, part: MessageLike): MessageLike {
  try {
    return whole.concat(part);
  } catch {
    const content = textOf(whole.content) + textOf(part.content);
    return new AIMessageChunk({ content, ...(whole.id !== undefined && { id: whole.id }) });
  }
}

function isMessage(value: unknown): value is MessageLike {
  return typeof value === 'object' && value !== null && 'content' in value;
}

type Chunk = MessageLike & { concat(other: object): MessageLike };

function isChunk(message: object): message is Chunk {
  return 'concat' in message && typeof message.concat === 'function';
}

/** The id of the task that writes: the end of its checkpoint namespace. */
function taskOf(metadata: unknown): string {
  return textIn(metadata, 'langgraph_checkpoint_ns').split(':').at(-1) ?? '';
}

function textIn(metadata: unknown, key: string): string {
  if (typeof metadata !== 'object' || metadata === null) return '';
  const value: unknown = Reflect.get(metadata, key);
  return typeof value === 'string' ? value : '';
}
