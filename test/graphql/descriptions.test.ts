// The schema explains itself: whoever explores it, and whatever generates code from it, finds a description of everything.
import {
  type GraphQLNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isSpecifiedScalarType,
} from 'graphql';
import { expect, it } from 'vitest';
import { createSchema } from '../../src/graphql/schema.ts';

interface Described {
  readonly description?: string | null | undefined;
}

/** A type and all that it has, by names. */
function elementsOf(type: GraphQLNamedType): [name: string, element: Described][] {
  const own: [string, Described][] = [[type.name, type]];
  if (isObjectType(type) || isInterfaceType(type)) {
    for (const field of Object.values(type.getFields())) {
      own.push([`${type.name}.${field.name}`, field]);
      for (const arg of field.args) own.push([`${type.name}.${field.name}(${arg.name})`, arg]);
    }
  }
  if (isInputObjectType(type)) {
    for (const field of Object.values(type.getFields()))
      own.push([`${type.name}.${field.name}`, field]);
  }
  if (isEnumType(type))
    for (const value of type.getValues()) own.push([`${type.name}.${value.name}`, value]);
  return own;
}

const { schema } = createSchema();
const elements = Object.values(schema.getTypeMap())
  .filter((type) => !type.name.startsWith('__') && !isSpecifiedScalarType(type))
  .flatMap(elementsOf);

it('describes every type, field, argument, input field and enum value', () => {
  expect(elements.length).toBeGreaterThan(400);
  const missing = elements.filter(([, { description }]) => !description?.trim());
  expect(missing.map(([name]) => name)).toEqual([]);
});

it('says in whole sentences what each is', () => {
  const ends = elements.filter(([, { description }]) => !/[.…`)]$/.test(description ?? ''));
  expect(ends.map(([name, { description }]) => `${name}: ${description}`)).toEqual([]);
});
