// The gateway as a subgraph of Apollo's federation (specification 2.5).
import {
  type ConstDirectiveNode,
  type DefinitionNode,
  type GraphQLSchema,
  Kind,
  extendSchema,
  isUnionType,
  parse,
  print,
} from 'graphql';
import { invalidInput } from '../errors.ts';
import { isPlainObject } from '../session/json-input.ts';
import type { RequestContext } from './context.ts';
import { all, findNode, typeNameOf } from './node.ts';
import { printed } from './printed.ts';

/** Types with the key `id`, to which other subgraphs may refer. */
const ENTITIES = ['Session', 'Run', 'Checkpoint', 'Interrupt', 'Message', 'Graph'];
/** A router asks at once for everything that a page of another subgraph refers to. */
const MOST_REFERENCES = 1000;
/** Types that other subgraphs have, too, with the same fields. */
const SHAREABLE = new Set(['PageInfo']);
/** Root fields that other subgraphs with Relay's Node have, too. Routers hide them, as an id is of one subgraph. */
const OF_RELAY = new Set(['node', 'nodes']);

const LINK = `extend schema @link(
  url: "https://specs.apollo.dev/federation/v2.5"
  import: ["@key", "@shareable", "@inaccessible"]
)
`;

const machinery = (prefix: string) => `
scalar _Any
union _Entity = ${ENTITIES.map((name) => prefix + name).join(' | ')}
"The schema of this subgraph, for composing a supergraph."
type _Service {
  "GraphQL, with the directives of federation."
  sdl: String!
}
extend type Query {
  "Used by routers to compose a supergraph."
  _service: _Service!
  "Used by routers to resolve references of other subgraphs: null for what is not there or not the caller's."
  _entities("At most ${MOST_REFERENCES} references, each with its __typename and id." representations: [_Any!]!): [_Entity]!
}
`;

/**
 * The schema with the fields that a router asks for.
 * @param sdl what `_service` answers
 * @param prefix what stands before the names of its types
 */
export function federated(own: GraphQLSchema, sdl: string, prefix: string): GraphQLSchema {
  const schema = extendSchema(own, parse(machinery(prefix), { noLocation: true }));
  const query = schema.getQueryType()?.getFields() ?? {};
  const { _service: service, _entities: entities } = query;
  const entity = schema.getType('_Entity');
  if (service === undefined || entities === undefined || !isUnionType(entity))
    throw new Error('the schema was not extended');
  service.resolve = () => ({ sdl });
  entities.resolve = (_root, { representations }, context: RequestContext) =>
    entitiesOf(representations as readonly unknown[], prefix, context);
  entities.extensions = { ...entities.extensions, complexity: costOf };
  entity.resolveType = (found) => prefix + typeNameOf(found as never);
  return schema;
}

function costOf({ representations }: { readonly representations?: unknown }) {
  const count = Array.isArray(representations) ? representations.length : 1;
  return { field: 1, multiplier: Math.max(1, Math.min(count, MOST_REFERENCES)) };
}

/** @throws GatewayError INVALID_INPUT for what is no reference to an entity of this subgraph */
function entitiesOf(representations: readonly unknown[], prefix: string, context: RequestContext) {
  const names = new Set(ENTITIES.map((name) => prefix + name));
  const asked = representations.map((representation, at) => {
    const { __typename: type, id } = isPlainObject(representation) ? representation : {};
    if (typeof type !== 'string' || typeof id !== 'string' || !names.has(type))
      throw invalidInput(
        `\`representations[${at}]\` must have the \`__typename\` of an entity and its \`id\`.`,
      );
    return { type, id };
  });
  return all(
    asked.map(({ type, id }) => `${type} ${id}`),
    async (key) => {
      const [type = '', id = ''] = key.split(/ (.*)/s);
      const found = await findNode(id, context);
      return found !== null && prefix + typeNameOf(found) === type ? found : null;
    },
    { name: 'representations', most: MOST_REFERENCES },
  );
}

/** The schema with the directives of federation, from which a supergraph is composed. */
export function subgraphSdl(schema: GraphQLSchema, prefix: string): string {
  const document = parse(printed(schema), { noLocation: true });
  const definitions = document.definitions.map((definition) => marked(definition, prefix));
  return `${LINK}\ndirective @oneOf on INPUT_OBJECT\n\n${print({ ...document, definitions })}\n`;
}

function marked(definition: DefinitionNode, prefix: string): DefinitionNode {
  if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION) return definition;
  const { name, directives = [], fields = [] } = definition;
  if (ENTITIES.some((entity) => prefix + entity === name.value))
    return { ...definition, directives: [...directives, directive('key', 'fields', 'id')] };
  if (SHAREABLE.has(name.value))
    return { ...definition, directives: [...directives, directive('shareable')] };
  if (name.value !== 'Query') return definition;
  return {
    ...definition,
    fields: fields.map((field) =>
      OF_RELAY.has(field.name.value)
        ? {
            ...field,
            directives: [
              ...(field.directives ?? []),
              directive('shareable'),
              directive('inaccessible'),
            ],
          }
        : field,
    ),
  };
}

function directive(name: string, argument?: string, value = ''): ConstDirectiveNode {
  return {
    kind: Kind.DIRECTIVE,
    name: { kind: Kind.NAME, value: name },
    arguments:
      argument === undefined
        ? []
        : [
            {
              kind: Kind.ARGUMENT,
              name: { kind: Kind.NAME, value: argument },
              value: { kind: Kind.STRING, value },
            },
          ],
  };
}
