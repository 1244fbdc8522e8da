// Types under names of their own, so that a supergraph may have others of the same names.
import {
  GraphQLSchema,
  defaultTypeResolver,
  isAbstractType,
  isIntrospectionType,
  isScalarType,
  type GraphQLNamedType,
} from 'graphql';

/** Types that other subgraphs have, too, with the same name and meaning. */
const COMMON: ReadonlySet<string> = new Set(['Node', 'PageInfo', '_Entity', '_Service']);

/** The schema with `prefix` before the name of each type, except scalars, the root types and `COMMON`. It is changed in place. */
export function withPrefix(schema: GraphQLSchema, prefix: string): GraphQLSchema {
  if (prefix === '') return schema;
  const renamed = Object.values(schema.getTypeMap()).filter((type) => isOwn(schema, type));
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isAbstractType(type)) continue;
    const resolve = type.resolveType ?? defaultTypeResolver;
    const named = (name: string | undefined) => name && prefix + name;
    // Compiled documents take no promise where none is needed.
    type.resolveType = (...of) => {
      const name = resolve(...of);
      return name instanceof Promise ? name.then(named) : named(name);
    };
  }
  for (const type of renamed) type.name = prefix + type.name;
  return new GraphQLSchema(schema.toConfig());
}

function isOwn(schema: GraphQLSchema, type: GraphQLNamedType): boolean {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  return !(
    isScalarType(type) ||
    isIntrospectionType(type) ||
    COMMON.has(type.name) ||
    roots.some((root) => root === type)
  );
}

/** Where an operation names types: in fragments, and as the types of variables. */
const NAMED = /\bon\s+(?<fragment>\w+)|\$\w+\s*:\s*\[*\s*(?<variable>\w+)/g;

/** Strings and comments, whose words name nothing. */
const SAID = /"""[^]*?"""|"(?:\\.|[^"\\\n])*"|#.*/g;

/** Whether an operation calls a type of `plain` by a name that `prefixed` does not have. */
export function namesPlainTypes(text: string, plain: GraphQLSchema, prefixed: GraphQLSchema) {
  return text
    .replaceAll(SAID, ' ')
    .matchAll(NAMED)
    .some(({ groups }) => {
      const name = groups?.['fragment'] ?? groups?.['variable'] ?? '';
      return plain.getType(name) !== undefined && prefixed.getType(name) === undefined;
    });
}
