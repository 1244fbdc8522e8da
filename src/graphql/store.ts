// LangGraph's store: what graphs remember across sessions.
import {
  MOST_KEY_BYTES,
  MOST_NAMESPACE_BYTES,
  MOST_PARTS,
  type CursorPage,
  type Viewer,
} from '../graph/user-items.ts';
import type { ItemName, StoreItem } from '../session/item-store.ts';
import { DEFAULT_PAGE } from '../session/page.ts';
import type { PolicyEvent } from '../session/policy.ts';
import { isAdministrator } from '../session/ports.ts';
import { READ, builder, instant, listCost } from './builder.ts';
import {
  AFTER,
  type Connection,
  FIRST,
  StoreItemConnection,
  pageInfo,
  toConnection,
} from './connection.ts';
import type { RequestContext } from './context.ts';
import { permit } from './policy.ts';

builder.objectType('StoreItem', {
  description: "An item of LangGraph's store: what graphs remember across sessions.",
  fields: (t) => ({
    namespace: t.stringList({
      description: 'The path to it, from the general to the specific.',
      resolve: ({ namespace }) => [...namespace],
    }),
    key: t.exposeString('key', { description: 'Unique within the namespace.' }),
    value: t.expose('value', { type: 'JSON', description: 'A JSON object.' }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When it was first put.',
      resolve: ({ createdAt }) => instant(createdAt),
    }),
    updatedAt: t.field({
      type: 'DateTime',
      description: 'When it was last put.',
      resolve: ({ updatedAt }) => instant(updatedAt),
    }),
    score: t.float({
      nullable: true,
      description:
        'How near its meaning is to `query`, -1 to 1; null without a query, and for an item that is not indexed.',
      resolve: ({ score }) => score ?? null,
    }),
  }),
});

const StoreNamespaceConnection = builder
  .objectRef<Connection<readonly string[]>>('StoreNamespaceConnection')
  .implement({
    description: 'A page of namespaces.',
    fields: (t) => ({
      nodes: t.field({
        type: [t.listRef('String')],
        description: 'The namespaces, each as a list of its parts.',
        resolve: ({ nodes }) => nodes.map((namespace) => [...namespace]),
      }),
      pageInfo: t.field({
        type: pageInfo,
        description: 'Where the page is in the list.',
        resolve: (connection) => connection.pageInfo,
      }),
    }),
  });

const OWN =
  'Users see and change namespaces that begin with `["users", <their id>]`; the scope `sessions:admin` sees all. FORBIDDEN for others.';
const NAMESPACE = `1 to ${MOST_PARTS} parts, ${MOST_NAMESPACE_BYTES} bytes in all.`;
const KEY = `1 to ${MOST_KEY_BYTES} bytes.`;

builder.queryFields((t) => ({
  storeItem: t.field({
    type: 'StoreItem',
    nullable: true,
    complexity: READ,
    description: `An item of LangGraph's store; null where there is none. ${OWN}`,
    args: {
      namespace: t.arg.stringList({ required: true, description: NAMESPACE }),
      key: t.arg.string({ required: true, description: KEY }),
    },
    resolve: async (_root, { namespace, key }, context) => {
      const asked = { namespace: [...namespace], key };
      return context.services.items.get(await viewerOf(context, 'store:get', asked), asked);
    },
  }),
  storeItems: t.field({
    type: StoreItemConnection,
    complexity: listCost,
    description: `Items of a namespace and those within it, by namespace and key. ${OWN}`,
    args: {
      namespacePrefix: t.arg.stringList({
        required: true,
        description:
          'What it stands for beyond what the caller sees is left out: `[]` is all of that.',
      }),
      filter: t.arg({
        type: 'JSON',
        description:
          'Values that keys of the item must have, or LangGraph\'s operators: `{"n": {"$gte": 3}}`; $eq, $ne, $gt, $gte, $lt, $lte, $in, $nin.',
      }),
      query: t.arg.string({
        description:
          'Words that items are found by, the nearest in meaning first. Needs `store.index` in langgraph.json.',
      }),
      first: t.arg.int(FIRST),
      after: t.arg.string(AFTER),
    },
    resolve: async (_root, { namespacePrefix, filter, query, first, after }, context) => {
      const limit = first ?? DEFAULT_PAGE;
      const asked = { namespace: [...namespacePrefix], filter, query, limit, offset: 0 };
      const viewer = await viewerOf(context, 'store:search', asked);
      const { namespace: prefix } = asked;
      const search = { namespacePrefix: prefix, filter: asked.filter, query, first, after };
      return connectionOf(await context.services.items.search(viewer, search));
    },
  }),
  storeNamespaces: t.field({
    type: StoreNamespaceConnection,
    complexity: listCost,
    description: `Namespaces that have items, in their order. ${OWN}`,
    args: {
      prefix: t.arg.stringList({ description: '`*` stands for any one part.' }),
      suffix: t.arg.stringList({ description: '`*` stands for any one part.' }),
      maxDepth: t.arg.int({ description: 'Cuts them to so many parts; each is told once.' }),
      first: t.arg.int(FIRST),
      after: t.arg.string(AFTER),
    },
    resolve: async (_root, { prefix, suffix, maxDepth, first, after }, context) => {
      const limit = first ?? DEFAULT_PAGE;
      const asked = {
        namespace: prefix && [...prefix],
        suffix,
        max_depth: maxDepth,
        limit,
        offset: 0,
      };
      const viewer = await viewerOf(context, 'store:list_namespaces', asked);
      const search = { prefix: asked.namespace, suffix: asked.suffix, maxDepth, first, after };
      return connectionOf(await context.services.items.namespaces(viewer, search));
    },
  }),
}));

const PutStoreItemInput = builder.inputType('PutStoreItemInput', {
  description: 'What `putStoreItem` takes.',
  fields: (t) => ({
    namespace: t.stringList({ required: true, description: NAMESPACE }),
    key: t.string({ required: true, description: KEY }),
    value: t.field({ type: 'JSON', required: true, description: 'A JSON object.' }),
    ttlSeconds: t.int({
      description:
        'How long the item lives after its last change. Left out: as `store.ttl` of langgraph.json says; null: for ever.',
    }),
  }),
});

const DeleteStoreItemInput = builder.inputType('DeleteStoreItemInput', {
  description: 'What `deleteStoreItem` takes.',
  fields: (t) => ({
    namespace: t.stringList({ required: true, description: NAMESPACE }),
    key: t.string({ required: true, description: KEY }),
  }),
});

const PutStoreItemPayload = builder
  .objectRef<{ readonly item: StoreItem }>('PutStoreItemPayload')
  .implement({
    description: 'What `putStoreItem` answers.',
    fields: (t) => ({
      item: t.expose('item', { type: 'StoreItem', description: 'The item as it is now.' }),
    }),
  });

const DeleteStoreItemPayload = builder.objectRef<ItemName>('DeleteStoreItemPayload').implement({
  description: 'What `deleteStoreItem` answers.',
  fields: (t) => ({
    deletedNamespace: t.stringList({
      description: 'The namespace of the deleted item.',
      resolve: ({ namespace }) => [...namespace],
    }),
    deletedKey: t.exposeString('key', { description: 'The key of the deleted item.' }),
  }),
});

builder.mutationFields((t) => ({
  putStoreItem: t.field({
    type: PutStoreItemPayload,
    description: `Adds an item to LangGraph's store, or replaces its value. ${OWN}`,
    args: {
      input: t.arg({
        type: PutStoreItemInput,
        required: true,
        description: 'The arguments of the mutation.',
      }),
    },
    resolve: async (_root, { input }, context) => {
      const { namespace, key, value, ttlSeconds } = input;
      const asked = { namespace: [...namespace], key, value: structuredClone(value) };
      const viewer = await viewerOf(context, 'store:put', asked);
      return { item: await context.services.items.put(viewer, { ...asked, ttlSeconds }) };
    },
  }),
  deleteStoreItem: t.field({
    type: DeleteStoreItemPayload,
    description: `Deletes an item of LangGraph's store; nothing happens where there is none. ${OWN}`,
    args: {
      input: t.arg({
        type: DeleteStoreItemInput,
        required: true,
        description: 'The arguments of the mutation.',
      }),
    },
    resolve: async (_root, { input: { namespace, key } }, context) => {
      const asked = { namespace: [...namespace], key };
      const viewer = await viewerOf(context, 'store:delete', asked);
      await context.services.items.delete(viewer, asked);
      return asked;
    },
  }),
}));

/** Who asks: a rule of the operator's that names the store stands in the place of the user's own namespace. */
async function viewerOf(
  context: RequestContext,
  event: PolicyEvent,
  asked: Record<string, unknown>,
): Promise<Viewer> {
  const { user } = context;
  const { isNamed } = await permit(context, event, asked);
  return { userId: user.id, seesAll: isNamed || isAdministrator(user) };
}

function connectionOf<Item>({ page, cursorOf, end }: CursorPage<Item>): Connection<Item> {
  const connection = toConnection(page, cursorOf, (item) => item);
  if (end === undefined) return connection;
  return { ...connection, pageInfo: { ...connection.pageInfo, endCursor: end } };
}
