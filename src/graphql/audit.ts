import {
  type ExecutionArgs,
  type FieldNode,
  type GraphQLObjectType,
  Kind,
  type SelectionSetNode,
  getArgumentValues,
  getOperationAST,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Logger } from 'pino';
import type { RequestContext } from './context.ts';
import { type VariableValues, coercedVariables } from './variables.ts';

/** Audits whatever is executed; subscriptions are by watch.ts. */
export function auditedOperations(log: Logger): Plugin {
  return {
    onExecute: ({ args }) => auditActing(args, log),
  };
}

/** What is written whatever LOG_LEVEL leaves out. */
function auditLog(log: Logger): Logger {
  const known = auditLogs.get(log) ?? log.child({}, { level: 'info' });
  auditLogs.set(log, known);
  return known;
}

const auditLogs = new WeakMap<Logger, Logger>();

/** Logs what an administrator does for a user: which fields are asked for, of which sessions and runs. */
export function auditActing(args: ExecutionArgs, log: Logger): void {
  const { user } = args.contextValue as RequestContext;
  if (user.actedBy === undefined) return;
  const operation = getOperationAST(args.document, args.operationName);
  const type = operation && args.schema.getRootType(operation.operation);
  if (!type) return;
  const { variableDefinitions = [], selectionSet } = operation;
  const variableValues = coercedVariables(args.schema, variableDefinitions, args.variableValues);
  const acts = fieldsIn(selectionSet, args, new Set()).map((field) => ({
    field: field.name.value,
    ids: variableValues === undefined ? [] : idsOf(field, type, variableValues),
  }));
  auditLog(log).warn(
    { admin: user.actedBy, asUser: user.id, operation: operation.operation, acts },
    'an administrator acts for a user',
  );
}

/** @param spread fragments that were looked at already */
function fieldsIn(
  selections: SelectionSetNode,
  args: ExecutionArgs,
  spread: Set<string>,
): FieldNode[] {
  return selections.selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return [selection];
    if (selection.kind === Kind.INLINE_FRAGMENT)
      return fieldsIn(selection.selectionSet, args, spread);
    if (spread.has(selection.name.value)) return [];
    spread.add(selection.name.value);
    const fragment = args.document.definitions.find(
      (each) => each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === selection.name.value,
    );
    return fragment !== undefined && 'selectionSet' in fragment
      ? fieldsIn(fragment.selectionSet, args, spread)
      : [];
  });
}

function idsOf(field: FieldNode, type: GraphQLObjectType, variables: VariableValues): string[] {
  const definition = type.getFields()[field.name.value];
  if (definition === undefined) return [];
  try {
    const { input, ...own } = getArgumentValues(definition, field, variables) as Ids & {
      input?: Ids;
    };
    return [own.id, own.sessionId, input?.sessionId, input?.runId].filter(
      (id) => typeof id === 'string',
    );
  } catch {
    // Its arguments are refused when it is executed.
    return [];
  }
}

interface Ids {
  readonly id?: unknown;
  readonly sessionId?: unknown;
  readonly runId?: unknown;
}
