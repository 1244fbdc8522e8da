import SchemaBuilder from '@pothos/core';
import ComplexityPlugin from '@pothos/plugin-complexity';
import { GraphQLDateTimeISO, GraphQLJSON } from 'graphql-scalars';
import { DEFAULT_PAGE, LARGEST_PAGE } from '../session/page.ts';
import type { CheckpointRow } from '../session/ports.ts';
import type { Interrupt } from '../session/progress.ts';
import type { Run } from '../session/run.ts';
import type { Session } from '../session/session.ts';
import type { FoundItem } from '../graph/items.ts';
import type { LoadedGraph } from '../graph/loaded-graph.ts';
import type { FeedItem } from '../progress/feed-item.ts';
import type { RequestContext } from './context.ts';
import type { MessageNode } from './message.ts';
import type { QuestionNode, StateNode } from './typed.ts';

/** A checkpoint with the session it belongs to, as read for this request. */
export interface CheckpointNode {
  readonly session: Session;
  readonly row: CheckpointRow;
}

/** A question with the session that asks it. */
export interface InterruptNode extends Interrupt {
  readonly sessionId: string;
  /** The session's graph, where it is known. */
  readonly graphId?: string;
}

export interface SchemaTypes {
  Context: RequestContext;
  Defaults: 'v4';
  DefaultFieldNullability: false;
  DefaultInputFieldRequiredness: false;
  Scalars: {
    ID: { Input: string; Output: string };
    DateTime: { Input: Date; Output: Date };
    JSON: { Input: unknown; Output: unknown };
  };
  Objects: {
    Session: Session;
    Run: Run;
    Checkpoint: CheckpointNode;
    Interrupt: InterruptNode;
    Graph: LoadedGraph;
    StoreItem: FoundItem;
    Message: MessageNode;
  };
  Interfaces: {
    ProgressEvent: FeedItem;
    Node: Session | Run | CheckpointNode | InterruptNode | LoadedGraph | MessageNode;
    GraphState: StateNode;
    Question: QuestionNode;
  };
}

export const builder = new SchemaBuilder<SchemaTypes>({
  defaults: 'v4',
  defaultFieldNullability: false,
  // Only says what fields cost: query-limits.ts refuses, before anything is executed.
  plugins: [ComplexityPlugin],
  complexity: { disabled: true, defaultComplexity: 1 },
});

/** What a field costs that is read from the store or made by a graph; others cost 1. */
export const READ = 5;

/** What a list costs: each of its items as often as are asked for. */
export function listCost({ first }: { first?: number | null | undefined }) {
  const most = Math.min(Math.max(first ?? DEFAULT_PAGE, 1), LARGEST_PAGE);
  return { field: READ, multiplier: most };
}

builder.addScalarType('DateTime', GraphQLDateTimeISO, {
  description: 'An instant in UTC, ISO 8601.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc3339',
});
builder.addScalarType('JSON', GraphQLJSON, {
  description: 'Any JSON value.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc8259',
});

builder.queryType({ description: 'Reads. Callers see only what is their own.' });
builder.mutationType({ description: 'Changes. Each answers once the change is stored.' });
builder.subscriptionType({
  description: 'Live events, over WebSocket (graphql-transport-ws) and server-sent events.',
});

/** An instant that the domain keeps in ms since 1970. */
export function instant(ms: number): Date {
  return new Date(ms);
}
