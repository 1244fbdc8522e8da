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

  /** @param aliased fields that are asked for under a name of their own */
  of(
    type: GraphQLNamedType,
    within: readonly string[] = [],
    aliased: ReadonlySet<string> = new Set(),
  ): string {
    if (isInterfaceType(type)) {
      const objects = this.#schema.getPossibleTypes(type);
      const conflicts = conflictsAmong(objects);
      const parts = objects.map(
        (object) => `... on ${object.name} ${this.of(object, within, conflicts)}`,
      );
      return `{ __typename ${parts.join(' ')} }`;
    }
    if (!isObjectType(type)) return '';
    const fields = Object.values(type.getFields()).flatMap((field) => {
      const inner = getNamedType(field.type);
      this.covered.add(`${type.name}.${field.name}`);
      const again = within.includes(inner.name);
      const alias = aliased.has(field.name) ? `${type.name}_${field.name}: ` : '';
      return [
        `${alias}${field.name} ${again ? leavesOf(inner) : this.of(inner, [...within, type.name])}`,
      ];
    });
    return `{ __typename ${fields.join(' ')} }`;
  }
}

/** Names of fields that are of one type here and of another there: they cannot be asked for by one name. */
function conflictsAmong(types: readonly GraphQLObjectType[]): Set<string> {
  const fields = types.flatMap((type) => Object.values(type.getFields()));
  const byName = Map.groupBy(fields, ({ name }) => name);
  const conflicting = [...byName].filter(
    ([, same]) => new Set(same.map((field) => String(field.type))).size > 1,
  );
  return new Set(conflicting.map(([name]) => name));
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
