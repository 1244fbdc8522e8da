import SchemaBuilder from '@pothos/core';
import { GraphQLDateTimeISO, GraphQLJSON } from 'graphql-scalars';
import type { CheckpointRow } from '../session/ports.ts';
import type { Interrupt } from '../session/progress.ts';
import type { Run } from '../session/run.ts';
import type { Session } from '../session/session.ts';
import type { LoadedGraph } from '../graph/loaded-graph.ts';
import type { FeedItem } from '../progress/feed-item.ts';
import type { RequestContext } from './context.ts';

/** A checkpoint with the session it belongs to, as read for this request. */
export interface CheckpointNode {
  readonly session: Session;
  readonly row: CheckpointRow;
}

/** A question with the session that asks it. */
export interface InterruptNode extends Interrupt {
  readonly sessionId: string;
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
  };
  Interfaces: { ProgressEvent: FeedItem };
}

export const builder = new SchemaBuilder<SchemaTypes>({
  defaults: 'v4',
  defaultFieldNullability: false,
});

builder.addScalarType('DateTime', GraphQLDateTimeISO, {
  description: 'An instant in UTC, ISO 8601.',
});
builder.addScalarType('JSON', GraphQLJSON, {
  description: 'Any JSON value.',
  specifiedByURL: null,
});

builder.queryType();
builder.mutationType();
builder.subscriptionType();

/** An instant that the domain keeps in ms since 1970. */
export function instant(ms: number): Date {
  return new Date(ms);
}
