// What variables may be before they are looked at as a whole: looking at each item of an endless list, or telling of
// each wrong one, takes so long that nobody else is served.
import {
  type GraphQLInputType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type VariableDefinitionNode,
  getVariableValues,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  typeFromAST,
} from 'graphql';
import { invalidInput } from '../errors.ts';
import { isPlainObject } from '../session/json-input.ts';

/** The most items of a list of variables; the arrays within a JSON value are limited by their bytes. */
const MOST_ITEMS = 10_000;

export type VariableValues = NonNullable<ReturnType<typeof getVariableValues>['variableValues']>;

/**
 * The variables as an operation defines them; undefined where they are wrong, of which no more than the first mistake
 * is looked for.
 */
export function coercedVariables(
  schema: GraphQLSchema,
  definitions: readonly VariableDefinitionNode[],
  given: Readonly<Record<string, unknown>> | null | undefined,
): VariableValues | undefined {
  return getVariableValues(schema, definitions, given ?? {}, { maxErrors: 1 }).variableValues;
}

/** @throws GatewayError INVALID_INPUT naming the list of variables that has too many items */
export function checkListSizes(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  given: Readonly<Record<string, unknown>>,
): void {
  for (const { variable, type } of variableDefinitions) {
    const name = variable.name.value;
    const asked = typeFromAST(schema, type);
    if (isInputType(asked) && Object.hasOwn(given, name))
      checkSizes(`$${name}`, asked, given[name]);
  }
}

function checkSizes(path: string, type: GraphQLInputType, value: unknown): void {
  if (isNonNullType(type)) checkSizes(path, type.ofType, value);
  else if (isListType(type) && Array.isArray(value)) {
    if (value.length > MOST_ITEMS) {
      throw invalidInput(
        `\`${path}\` has ${value.length} items; at most ${MOST_ITEMS} are accepted.`,
      );
    }
    for (const [index, item] of value.entries()) checkSizes(`${path}[${index}]`, type.ofType, item);
  } else if (isInputObjectType(type) && isPlainObject(value)) {
    for (const [name, field] of Object.entries(type.getFields()))
      if (Object.hasOwn(value, name)) checkSizes(`${path}.${name}`, field.type, value[name]);
  }
}
