// Relay connections with forward paging, each with edges, nodes and pageInfo.
import type { Page } from '../session/page.ts';
import { type SchemaTypes, builder } from './builder.ts';

export interface Connection<Node> {
  readonly edges: readonly { readonly cursor: string; readonly node: Node }[];
  readonly nodes: readonly Node[];
  readonly pageInfo: PageInfo;
}

interface PageInfo {
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly startCursor: string | null;
  readonly endCursor: string | null;
}

export const pageInfo = builder.objectRef<PageInfo>('PageInfo').implement({
  fields: (t) => ({
    hasNextPage: t.exposeBoolean('hasNextPage'),
    hasPreviousPage: t.exposeBoolean('hasPreviousPage'),
    startCursor: t.exposeString('startCursor', { nullable: true }),
    endCursor: t.exposeString('endCursor', { nullable: true }),
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

const ONCE = { field: 1, multiplier: 1 };

type NodeName = 'Session' | 'Run' | 'Checkpoint' | 'StoreItem';

function connectionType<Name extends NodeName>(name: Name) {
  type Node = SchemaTypes['Objects'][Name];
  const edge = builder.objectRef<{ readonly cursor: string; readonly node: Node }>(`${name}Edge`);
  edge.implement({
    fields: (t) => ({
      cursor: t.exposeString('cursor'),
      node: t.field({ type: name, resolve: (parent) => parent.node as never }),
    }),
  });
  return builder.objectRef<Connection<Node>>(`${name}Connection`).implement({
    fields: (t) => ({
      // The list of which these are a page has counted them.
      edges: t.field({ type: [edge], complexity: ONCE, resolve: ({ edges }) => edges }),
      nodes: t.field({ type: [name], complexity: ONCE, resolve: ({ nodes }) => nodes as never }),
      pageInfo: t.field({ type: pageInfo, resolve: (connection) => connection.pageInfo }),
    }),
  });
}

export const SessionConnection = connectionType('Session');
export const RunConnection = connectionType('Run');
export const CheckpointConnection = connectionType('Checkpoint');
export const StoreItemConnection = connectionType('StoreItem');
