// Relay connections with forward paging, each with edges, nodes and pageInfo.
import { DEFAULT_PAGE, LARGEST_PAGE, type Page } from '../session/page.ts';
import { READ, type SchemaTypes, builder } from './builder.ts';

export interface Connection<Node> {
  readonly edges: readonly { readonly cursor: string; readonly node: Node }[];
  readonly nodes: readonly Node[];
  readonly pageInfo: PageInfo;
  /** How many there are on all pages; counted where it is asked for. */
  readonly count?: () => Promise<number>;
}

interface PageInfo {
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly startCursor: string | null;
  readonly endCursor: string | null;
}

export const pageInfo = builder.objectRef<PageInfo>('PageInfo').implement({
  description: 'Where a page is in its list.',
  fields: (t) => ({
    hasNextPage: t.exposeBoolean('hasNextPage', {
      description: 'Whether there are more items after it.',
    }),
    hasPreviousPage: t.exposeBoolean('hasPreviousPage', {
      description: 'Whether the page was asked for with `after`.',
    }),
    startCursor: t.exposeString('startCursor', {
      nullable: true,
      description: 'The cursor of the first item; null where the page is empty.',
    }),
    endCursor: t.exposeString('endCursor', {
      nullable: true,
      description: 'Pass it as `after` to get the next page; null where the page is empty.',
    }),
  }),
});

/** The connection of a page whose items are at the cursors that `cursorOf` names. */
export function toConnection<Item, Node>(
  page: Page<Item>,
  cursorOf: (item: Item) => string,
  toNode: (item: Item) => Node,
): Connection<Node> {
  const edges = page.items.map((item) => ({ cursor: cursorOf(item), node: toNode(item) }));
  return {
    edges,
    nodes: edges.map(({ node }) => node),
    pageInfo: {
      hasNextPage: page.hasNext,
      hasPreviousPage: page.hasPrevious,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

/** The arguments of a list. */
export const FIRST = {
  description: `How many at most, 1 to ${LARGEST_PAGE}; ${DEFAULT_PAGE} when left out.`,
};
export const AFTER = { description: 'A cursor of this list; the page begins after it.' };

const ONCE = { field: 1, multiplier: 1 };

type NodeName = 'Session' | 'Run' | 'Checkpoint' | 'StoreItem';

function connectionType<Name extends NodeName>(name: Name) {
  type Node = SchemaTypes['Objects'][Name];
  const edge = builder.objectRef<{ readonly cursor: string; readonly node: Node }>(`${name}Edge`);
  edge.implement({
    description: 'An item of a list, and its cursor.',
    fields: (t) => ({
      cursor: t.exposeString('cursor', { description: 'Pass it as `after` to get what follows.' }),
      node: t.field({
        type: name,
        description: 'The item.',
        resolve: (parent) => parent.node as never,
      }),
    }),
  });
  return builder.objectRef<Connection<Node>>(`${name}Connection`).implement({
    description: 'A page of a list.',
    fields: (t) => ({
      // The list of which these are a page has counted them.
      edges: t.field({
        type: [edge],
        description: 'The items, each with its cursor.',
        complexity: ONCE,
        resolve: ({ edges }) => edges,
      }),
      nodes: t.field({
        type: [name],
        description: 'The items.',
        complexity: ONCE,
        resolve: ({ nodes }) => nodes as never,
      }),
      pageInfo: t.field({
        type: pageInfo,
        description: 'Where the page is in the list.',
        resolve: (connection) => connection.pageInfo,
      }),
    }),
  });
}

export const SessionConnection = connectionType('Session');
builder.objectField(SessionConnection, 'totalCount', (t) =>
  t.int({
    description: 'How many there are on all pages. Counted only where it is asked for.',
    complexity: READ,
    resolve: async ({ count }) => (await count?.()) ?? 0,
  }),
);
export const RunConnection = connectionType('Run');
export const CheckpointConnection = connectionType('Checkpoint');
export const StoreItemConnection = connectionType('StoreItem');
