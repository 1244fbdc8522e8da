// LangChain's messages in a state, by pages from either end.
import type { ArgBuilder } from '@pothos/core';
import { z } from 'zod';
import { invalidInput } from '../errors.ts';
import {
  MESSAGE_ROLES,
  type MessageRole,
  MessageView,
  type TokenUsage,
  type ToolCall,
  messageIdOf,
} from '../graph/messages.ts';
import { toJson } from '../graph/state-json.ts';
import { isGiven } from '../session/arguments.ts';
import { DEFAULT_PAGE, LARGEST_PAGE, decodeKey, encodeKey, pageSize } from '../session/page.ts';
import type { Session } from '../session/session.ts';
import { READ, type SchemaTypes, builder } from './builder.ts';
import { type Connection, pageInfo } from './connection.ts';
import type { RequestContext } from './context.ts';

/** A message of a session. */
export class MessageNode {
  readonly session: Session;
  readonly messageId: string;
  readonly view: MessageView;

  constructor(session: Session, message: unknown, index: number) {
    this.session = session;
    this.messageId = messageIdOf(message, index);
    this.view = new MessageView(toJson(message));
  }

  /** No session, run, checkpoint or question has such an id. */
  get id(): string {
    return `${this.session.id}#${this.messageId}`;
  }
}

interface MessagePage extends Connection<MessageNode> {
  readonly totalCount: number;
}

const MEANINGS: Readonly<Record<MessageRole, string>> = {
  HUMAN: 'A person wrote it.',
  AI: 'A model wrote it.',
  SYSTEM: 'Instructions to the model.',
  TOOL: 'What a tool gave back.',
  OTHER: 'Anything else, such as a role of a provider’s own.',
};

export const MessageRoleEnum = builder.enumType('MessageRole', {
  description: 'Who wrote a message.',
  values: Object.fromEntries(
    MESSAGE_ROLES.map((role) => [role, { value: role, description: MEANINGS[role] }]),
  ) as Record<MessageRole, { value: MessageRole; description: string }>,
});

const ToolStatusEnum = builder.enumType('ToolStatus', {
  description: 'How a call of a tool ended.',
  values: {
    SUCCESS: { value: 'SUCCESS' as const, description: 'It gave something back.' },
    ERROR: { value: 'ERROR' as const, description: 'It failed; the message says why.' },
  },
});

const ToolCallType = builder.objectRef<ToolCall>('ToolCall').implement({
  description: 'A call of a tool that a model asks for.',
  fields: (t) => ({
    toolCallId: t.exposeID('id', {
      nullable: true,
      description: "What the tool's message has as its `toolCallId`; null where it has none.",
    }),
    name: t.exposeString('name', { description: 'The tool.' }),
    args: t.field({
      type: 'JSON',
      description: 'The arguments, by their names.',
      resolve: ({ args }) => args,
    }),
  }),
});

const TokenUsageType = builder.objectRef<TokenUsage>('TokenUsage').implement({
  description: 'The tokens that a model used for a message.',
  fields: (t) => ({
    inputTokens: t.exposeInt('inputTokens', { description: 'What the model was given.' }),
    outputTokens: t.exposeInt('outputTokens', { description: 'What it wrote.' }),
    totalTokens: t.exposeInt('totalTokens', { description: 'Both.' }),
  }),
});

builder.objectType('Message', {
  interfaces: ['Node'],
  description: "One of LangChain's messages, in the order of the state.",
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Unique across sessions (a cache key for clients).' }),
    messageId: t.exposeID('messageId', {
      description:
        "LangChain's id: the one that `MessageDelta` has. A message without an id is told by where it stands, as `at:0`.",
    }),
    role: t.field({
      type: MessageRoleEnum,
      description: 'Who wrote it.',
      resolve: ({ view }) => view.role,
    }),
    name: t.string({
      nullable: true,
      description: 'Of the author, or of the tool; null where none is given.',
      resolve: ({ view }) => view.name,
    }),
    text: t.string({
      description: 'The text of all text blocks.',
      resolve: ({ view }) => view.text,
    }),
    content: t.field({
      type: 'JSON',
      description: 'Text, or a list of blocks, as LangChain has it.',
      resolve: ({ view }) => view.content,
    }),
    toolCalls: t.field({
      type: [ToolCallType],
      description: 'The calls of tools that the model asks for.',
      resolve: ({ view }) => view.toolCalls,
    }),
    toolCallId: t.id({
      nullable: true,
      description: "Of a tool's message: the call that it answers.",
      resolve: ({ view }) => view.toolCallId,
    }),
    toolStatus: t.field({
      type: ToolStatusEnum,
      nullable: true,
      description: "Of a tool's message: how the call ended.",
      resolve: ({ view }) => view.toolStatus,
    }),
    usage: t.field({
      type: TokenUsageType,
      nullable: true,
      description: 'The tokens that the model used; null where it does not say.',
      resolve: ({ view }) => view.usage,
    }),
    json: t.field({
      type: 'JSON',
      description: "All of it, by the names of LangChain's fields.",
      resolve: ({ view }) => view.json,
    }),
  }),
});

const MessageEdge = builder
  .objectRef<{ readonly cursor: string; readonly node: MessageNode }>('MessageEdge')
  .implement({
    description: 'A message, and its cursor.',
    fields: (t) => ({
      cursor: t.exposeString('cursor', {
        description: 'Pass it as `after` or `before` to get what is beside it.',
      }),
      node: t.field({ type: 'Message', description: 'The message.', resolve: ({ node }) => node }),
    }),
  });

const ONCE = { field: 1, multiplier: 1 };

export const MessageConnection = builder.objectRef<MessagePage>('MessageConnection').implement({
  description: 'A page of messages.',
  fields: (t) => ({
    edges: t.field({
      type: [MessageEdge],
      description: 'The messages, each with its cursor.',
      complexity: ONCE,
      resolve: ({ edges }) => [...edges],
    }),
    nodes: t.field({
      type: ['Message'],
      description: 'The messages.',
      complexity: ONCE,
      resolve: ({ nodes }) => [...nodes],
    }),
    pageInfo: t.field({
      type: pageInfo,
      description: 'Where the page is in the list.',
      resolve: (connection) => connection.pageInfo,
    }),
    totalCount: t.exposeInt('totalCount', { description: 'How many messages there are.' }),
  }),
});

interface PageArguments {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly last?: number | null | undefined;
  readonly before?: string | null | undefined;
}

const MESSAGE_PAGE = {
  first: {
    description: `How many from the beginning, 1 to ${LARGEST_PAGE}; ${DEFAULT_PAGE} when neither \`first\` nor \`last\` is given.`,
  },
  after: { description: 'A cursor of this list; the page begins after it.' },
  last: { description: `How many from the end, 1 to ${LARGEST_PAGE}.` },
  before: { description: 'A cursor of this list; the page ends before it.' },
};

/** The arguments of a list of messages. */
export function pageArguments(arg: ArgBuilder<PothosSchemaTypes.ExtendDefaultTypes<SchemaTypes>>) {
  return {
    first: arg.int(MESSAGE_PAGE.first),
    after: arg.string(MESSAGE_PAGE.after),
    last: arg.int(MESSAGE_PAGE.last),
    before: arg.string(MESSAGE_PAGE.before),
  };
}

/** What a page costs. */
export function messagesCost({ first, last }: PageArguments) {
  const most = Math.min(Math.max(first ?? last ?? DEFAULT_PAGE, 1), LARGEST_PAGE);
  return { field: READ, multiplier: most };
}

/** A message's place, and those beside it: they tell where a page goes on once it is gone itself. */
const messageKey = (sessionId: string) =>
  z.tuple([
    z.literal('message'),
    z.literal(sessionId),
    z.int().nonnegative(),
    z.string(),
    z.string().nullable(),
    z.string().nullable(),
  ]);

/** A page of messages; of those beyond it nothing is made. @throws GatewayError INVALID_INPUT */
export function pageOfMessages(
  session: Session,
  messages: readonly unknown[],
  { first, after, last, before }: PageArguments,
): MessagePage {
  if (isGiven(first) && isGiven(last)) throw invalidInput('Give either `first` or `last`.');
  const from = edgesOf(session, messages, after, 'after')?.end ?? 0;
  const end = edgesOf(session, messages, before, 'before')?.start ?? messages.length;
  const to = Math.max(from, end);
  const isFromEnd = isGiven(last);
  const size = isFromEnd ? pageSize(last, 'last') : pageSize(first);
  const start = isFromEnd ? Math.max(from, to - size) : from;
  const stop = isFromEnd ? to : Math.min(to, from + size);
  const edges = messages.slice(start, stop).map((message, offset) => {
    const node = new MessageNode(session, message, start + offset);
    return { cursor: cursorOf(session, messages, start + offset), node };
  });
  return {
    edges,
    nodes: edges.map(({ node }) => node),
    totalCount: messages.length,
    pageInfo: {
      hasNextPage: isFromEnd ? isGiven(before) : stop < to,
      hasPreviousPage: isFromEnd ? start > from : isGiven(after),
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

/** Where a cursor's message begins and ends; where it was, if it has been removed since. */
function edgesOf(
  { id: sessionId }: Session,
  messages: readonly unknown[],
  cursor: string | null | undefined,
  field: 'after' | 'before',
): { readonly start: number; readonly end: number } | null {
  const key = decodeKey(messageKey(sessionId), cursor, field);
  if (key === null) return null;
  const [, , index, id, before, after] = key;
  const find = (wanted: string) => {
    const isAt = (at: number) => at < messages.length && messageIdOf(messages[at], at) === wanted;
    return isAt(index) ? index : messages.findIndex((_message, at) => isAt(at));
  };
  const own = find(id);
  if (own !== -1) return { start: own, end: own + 1 };
  const next = after === null ? -1 : find(after);
  if (next !== -1) return { start: next, end: next };
  const previous = before === null ? -1 : find(before);
  const gap = previous === -1 ? Math.min(index, messages.length) : previous + 1;
  return { start: gap, end: gap };
}

function cursorOf({ id }: Session, messages: readonly unknown[], index: number): string {
  const idAt = (at: number) =>
    at < 0 || at >= messages.length ? null : messageIdOf(messages[at], at);
  return encodeKey(['message', id, index, idAt(index), idAt(index - 1), idAt(index + 1)]);
}

/** What was read in a request, or for an event, by the session as it was then. */
const known = new WeakMap<object, Map<string, Promise<readonly unknown[]>>>();

/** The messages of the session's state now, read once for all that asks for them. @throws GatewayError GRAPH_ERROR */
export function messagesNow(
  session: Session,
  context: RequestContext,
): Promise<readonly unknown[]> {
  const bySession = known.get(context.reads) ?? new Map<string, Promise<readonly unknown[]>>();
  known.set(context.reads, bySession);
  // A mutation may change it between two reads.
  const key = JSON.stringify([session.id, session.head, session.lastEvent]);
  const messages = bySession.get(key) ?? readMessages(session, context);
  bySession.set(key, messages);
  return messages;
}

async function readMessages(
  session: Session,
  { answer, services, actor, checkpoints }: RequestContext,
): Promise<readonly unknown[]> {
  if (session.head === null) return [];
  answer.checkRoom();
  const { sessions } = services.backend;
  const row = await sessions.findCheckpoint(session.id, actor, session.head, '');
  return row === null ? [] : checkpoints.messages({ session, row }, 'now');
}
