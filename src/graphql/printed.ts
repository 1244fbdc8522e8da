import { createHash } from 'node:crypto';
import {
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isUnionType,
  lexicographicSortSchema,
  printSchema,
} from 'graphql';

/** The schema in GraphQL's own language, in the order of the alphabet: the same for the same schema. */
export function printed(schema: GraphQLSchema): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}

/** The hash of all but the descriptions. Printing a large schema to hash it takes ten times as long. */
export function hashOf(schema: GraphQLSchema): string {
  const types = Object.values(schema.getTypeMap()).map(signatureOf).toSorted();
  return createHash('sha256').update(types.join('\n')).digest('hex').slice(0, 16);
}

function signatureOf(type: GraphQLNamedType): string {
  return [type.name, ...partsOf(type).toSorted()].join(' ');
}

function partsOf(type: GraphQLNamedType): string[] {
  if (isEnumType(type)) return type.getValues().map(({ name }) => name);
  if (isUnionType(type)) return type.getTypes().map(({ name }) => name);
  if (isInputObjectType(type))
    return Object.values(type.getFields()).map((field) => `${field.name}: ${String(field.type)}`);
  if (!isObjectType(type) && !isInterfaceType(type)) return [];
  const interfaces = type.getInterfaces().map(({ name }) => `& ${name}`);
  return [...interfaces, ...Object.values(type.getFields()).map(signatureOfField)];
}

function signatureOfField({ name, args, type }: GraphQLField<unknown, unknown>): string {
  const given = args.map((arg) => `${arg.name}: ${String(arg.type)}`).toSorted();
  return `${name}(${given.join(', ')}): ${String(type)}`;
}
