// Selections of everything that a schema has, so that a field that is added is asked for, too.
import {
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isInterfaceType,
  isLeafType,
  isObjectType,
} from 'graphql';

/** Asks for all fields of a type, and of those within it; of types that it is within already, only what has no fields. */
export class WholeSelection {
  readonly #schema: GraphQLSchema;
  /** What was asked for so far, as `Type.field`. */
  readonly covered = new Set<string>();

  constructor(schema: GraphQLSchema) {
    this.#schema = schema;
  }

  of(type: GraphQLNamedType, within: readonly string[] = []): string {
    if (isInterfaceType(type)) {
      const objects = this.#schema.getPossibleTypes(type);
      const parts = objects.map((object) => `... on ${object.name} ${this.of(object, within)}`);
      return `{ __typename ${parts.join(' ')} }`;
    }
    if (!isObjectType(type)) return '';
    const fields = Object.values(type.getFields()).flatMap((field) => {
      const inner = getNamedType(field.type);
      this.covered.add(`${type.name}.${field.name}`);
      const again = within.includes(inner.name);
      return [`${field.name} ${again ? leavesOf(inner) : this.of(inner, [...within, type.name])}`];
    });
    return `{ __typename ${fields.join(' ')} }`;
  }
}

function leavesOf(type: GraphQLNamedType): string {
  if (!isObjectType(type)) return '{ __typename }';
  const leaves = Object.values(type.getFields()).filter((field) =>
    isLeafType(getNamedType(field.type)),
  );
  return `{ __typename ${leaves.map(({ name }) => name).join(' ')} }`;
}

/** All fields of all objects, as `Type.field`. */
export function allFields(schema: GraphQLSchema): string[] {
  const objects = Object.values(schema.getTypeMap()).filter(
    (type): type is GraphQLObjectType => isObjectType(type) && !type.name.startsWith('__'),
  );
  return objects.flatMap((type) =>
    Object.keys(type.getFields()).map((name) => `${type.name}.${name}`),
  );
}
