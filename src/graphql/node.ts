// Relay's Node: whatever has an id of its own is found by the id alone. Its form tells what it is of: sessions and runs have
// UUIDs, what is within a session begins with the session's, and graphs are called as langgraph.json calls them.
import { invalidInput } from '../errors.ts';
import { LoadedGraph } from '../graph/loaded-graph.ts';
import { messageIdOf } from '../graph/messages.ts';
import { LARGEST_PAGE } from '../session/page.ts';
import type { Session } from '../session/session.ts';
import { READ, type SchemaTypes, builder } from './builder.ts';
import type { RequestContext } from './context.ts';
import { MessageNode, messagesNow } from './message.ts';
import { mayRead, maySeeGraph } from './policy.ts';
import { readable } from './readable.ts';
import { interruptsOf } from './session.ts';

type Found = SchemaTypes['Interfaces']['Node'];

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/;
const INTERRUPT = /^[\da-f]{32}$/;

builder.interfaceType('Node', {
  description:
    'Whatever has an id of its own: Session, Run, Checkpoint, Interrupt, Message and Graph. No two have the same id, whatever they are.',
  resolveType: typeNameOf,
  fields: (t) => ({
    id: t.id({
      description: 'What `node` finds it by.',
      // Each type has its own.
      resolve: () => '',
    }),
  }),
});

const IDS = { required: true, description: `At most ${LARGEST_PAGE} of them.` } as const;

/** What many cost that are found by their ids. */
function idsCost({ ids }: { ids: readonly string[] }) {
  return { field: READ, multiplier: Math.max(1, Math.min(ids.length, LARGEST_PAGE)) };
}

builder.queryFields((t) => ({
  node: t.field({
    type: 'Node',
    nullable: true,
    complexity: READ,
    description: "What has this id; null where there is nothing, or it is not the caller's.",
    args: { id: t.arg.id({ required: true, description: 'The `id` of anything.' }) },
    resolve: (_root, { id }, context) => findNode(id, context),
  }),
  nodes: t.field({
    type: ['Node'],
    nullable: { list: false, items: true },
    complexity: idsCost,
    description: "In the order asked for; null for what is not there or not the caller's.",
    args: { ids: t.arg.idList(IDS) },
    resolve: (_root, { ids }, context) => all(ids, (id) => findNode(id, context)),
  }),
  sessionsById: t.field({
    type: ['Session'],
    nullable: { list: false, items: true },
    complexity: idsCost,
    description: "In the order asked for; null for what is not there or not the caller's.",
    args: { ids: t.arg.idList(IDS) },
    resolve: (_root, { ids }, context) => all(ids, (id) => findSession(id, context)),
  }),
}));

/** @throws GatewayError INVALID_INPUT for too many */
export async function all<Value>(
  ids: readonly string[],
  one: (id: string) => Promise<Value>,
  { name, most } = { name: 'ids', most: LARGEST_PAGE },
): Promise<Value[]> {
  if (ids.length > most)
    throw invalidInput(`\`${name}\` has ${ids.length} items; at most ${most} are accepted.`);
  const byId = new Map<string, Promise<Value>>();
  for (const id of ids) if (!byId.has(id)) byId.set(id, one(id));
  await Promise.all(byId.values());
  return Promise.all(ids.map((id) => byId.get(id) ?? one(id)));
}

/** What has this id and is the caller's. */
export async function findNode(id: string, context: RequestContext): Promise<Found | null> {
  const hash = id.indexOf('#');
  const isMessage = hash !== -1 && UUID.test(id.slice(0, hash));
  if (isMessage) return findMessage(id.slice(0, hash), id.slice(hash + 1), context);
  const [first = '', ...rest] = id.split('/');
  const isWithin = UUID.test(first);
  const found = isWithin && (await findOfSession(first, rest, context));
  if (found) return found;
  return (await maySeeGraph(context, id)) ? context.services.graphs.find(id) : null;
}

async function findOfSession(
  first: string,
  rest: readonly string[],
  context: RequestContext,
): Promise<Found | null> {
  const { services, actor } = context;
  const session = await findSession(first, context);
  const last = rest.at(-1);
  if (last === undefined) return session ?? findRun(first, context);
  if (session === null) return null;
  if (rest.length === 1 && INTERRUPT.test(last)) {
    const interrupts = await interruptsOf(session, context);
    return interrupts.find(({ interruptId }) => interruptId === last) ?? null;
  }
  if (!UUID.test(last)) return null;
  const namespace = rest.slice(0, -1).join('/');
  const row = await services.backend.sessions.findCheckpoint(session.id, actor, last, namespace);
  return row && { session, row };
}

async function findSession(id: string, context: RequestContext): Promise<Session | null> {
  if (!UUID.test(id)) return null;
  const session = await context.findSession(id);
  return session !== null && (await mayRead(context, session)) ? session : null;
}

async function findMessage(sessionId: string, messageId: string, context: RequestContext) {
  const session = await findSession(sessionId, context);
  if (session === null) return null;
  const messages = await readable(messagesNow(session, context), []);
  const index = messages.findIndex((message, at) => messageIdOf(message, at) === messageId);
  return index === -1 ? null : new MessageNode(session, messages[index], index);
}

async function findRun(id: string, context: RequestContext) {
  const run = await context.services.backend.sessions.findRun(id, context.actor);
  return run !== null && (await findSession(run.sessionId, context)) !== null ? run : null;
}

export function typeNameOf(node: Found): string {
  if (node instanceof LoadedGraph) return 'Graph';
  if (node instanceof MessageNode) return 'Message';
  if ('row' in node) return 'Checkpoint';
  if ('interruptId' in node) return 'Interrupt';
  return 'attempt' in node ? 'Run' : 'Session';
}
