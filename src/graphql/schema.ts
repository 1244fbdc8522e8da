import { type GraphQLSchema, validateSchema } from 'graphql';
import { GatewayError, messageFor } from '../errors.ts';
import type { LoadedGraph } from '../graph/loaded-graph.ts';
import { countAnswers } from './answers.ts';
import { builder } from './builder.ts';
import { federated, subgraphSdl } from './federation.ts';
import './session.ts';
import './run.ts';
import './checkpoint.ts';
import './graph.ts';
import './message.ts';
import './mutations.ts';
import './progress.ts';
import './sessions-changed.ts';
import './node.ts';
import { askPolicy } from './policy.ts';
import { printed } from './printed.ts';
import './store.ts';
import { takeTurns } from './turns.ts';
import { namesPlainTypes, withPrefix } from './type-prefix.ts';
import { TypedGraphs } from './typed.ts';
import { takeTypedInputs } from './typed-inputs.ts';

/** The public contract of a gateway, and what its graphs' values are in it. */
export interface GatewaySchema {
  readonly schema: GraphQLSchema;
  readonly types: TypedGraphs;
  /** The schema as text; of a subgraph with the directives of federation. */
  sdl(): string;
  /** The schema that executes an operation, where that depends on it: with TYPE_PREFIX, clients may use the names without it. */
  readonly schemaFor: ((operation: string) => GraphQLSchema) | undefined;
}

export interface SchemaOptions {
  /** Takes what the operator should know of. */
  readonly warn?: (warning: string) => void;
  /** Whether it is part of a supergraph. */
  readonly federation?: boolean;
  /** Stands before the names of its types. */
  readonly typePrefix?: string;
}

/**
 * The whole public contract, with the types of these graphs. A graph whose types cannot be made is served without, with a
 * warning.
 * @throws GatewayError INVALID_INPUT for two types of one name
 */
export function createSchema(
  graphs: readonly LoadedGraph[] = [],
  { warn = () => undefined, federation = false, typePrefix = '' }: SchemaOptions = {},
): GatewaySchema {
  const options = { warn, federation, typePrefix };
  try {
    return schemaOf(graphs, options);
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    const typed = graphs.filter((graph) => hasTypes(graph, warn));
    return schemaOf(typed, options);
  }
}

function hasTypes(graph: LoadedGraph, warn: (warning: string) => void): boolean {
  try {
    schemaOf([graph], { warn: () => undefined, federation: false, typePrefix: '' });
    return true;
  } catch (error) {
    warn(`Graph "${graph.id}" has no types, as they cannot be made: ${messageFor(error)}`);
    return false;
  }
}

function schemaOf(
  graphs: readonly LoadedGraph[],
  { warn, federation, typePrefix }: Required<SchemaOptions>,
): GatewaySchema {
  const own = builder.toSchema();
  const types = TypedGraphs.of(graphs, own, warn);
  const plain = served(types.extend(own), types);
  if (typePrefix === '' && !federation)
    return { schema: plain, types, sdl: () => printed(plain), schemaFor: undefined };
  const named = withPrefix(types.extend(builder.toSchema()), typePrefix);
  const sdl = federation ? subgraphSdl(named, typePrefix) : printed(named);
  const schema = served(federation ? federated(named, sdl, typePrefix) : named, types);
  return {
    schema,
    types,
    sdl: () => sdl,
    schemaFor:
      typePrefix === ''
        ? undefined
        : (operation) => (namesPlainTypes(operation, plain, schema) ? plain : schema),
  };
}

function served(schema: GraphQLSchema, types: TypedGraphs): GraphQLSchema {
  // GraphQL would look at it with the first request, and refuse all of them.
  const [problem] = validateSchema(schema);
  if (problem !== undefined) throw problem;
  return takeTypedInputs(askPolicy(takeTurns(countAnswers(schema))), types);
}
