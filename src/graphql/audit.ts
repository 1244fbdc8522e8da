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
import { isAdministrator } from '../session/ports.ts';
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

/**
 * Logs what an administrator does: for a user, which fields are asked for, of which sessions and runs; for themselves, what
 * they ask of LangGraph's store, of which they see all.
 */
export function auditActing(args: ExecutionArgs, log: Logger): void {
  const { user } = args.contextValue as RequestContext;
  const isForThemselves = user.actedBy === undefined;
  if (isForThemselves && !isAdministrator(user)) return;
  const operation = getOperationAST(args.document, args.operationName);
  const type = operation && args.schema.getRootType(operation.operation);
  if (!type) return;
  const { variableDefinitions = [], selectionSet } = operation;
  const variableValues = coercedVariables(args.schema, variableDefinitions, args.variableValues);
  const acts = fieldsIn(selectionSet, args, new Set()).map((field) => ({
    field: field.name.value,
    ...(variableValues === undefined ? { ids: [] } : subjectOf(field, type, variableValues)),
  }));
  const { operation: kind } = operation;
  if (!isForThemselves) {
    auditLog(log).warn(
      { admin: user.actedBy, asUser: user.id, operation: kind, acts },
      'an administrator acts for a user',
    );
    return;
  }
  const ofStore = acts.filter(({ field }) => /store(Item|Namespace)/i.test(field));
  if (ofStore.length > 0) {
    auditLog(log).warn(
      { admin: user.id, operation: kind, acts: ofStore },
      'an administrator asks for items of the store',
    );
  }
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

/** The sessions, the runs and the namespace that a field is asked for. */
function subjectOf(field: FieldNode, type: GraphQLObjectType, variables: VariableValues): Subject {
  const definition = type.getFields()[field.name.value];
  if (definition === undefined) return { ids: [] };
  try {
    const { input, ...own } = getArgumentValues(definition, field, variables) as Arguments & {
      input?: Arguments;
    };
    const ids = [own.id, own.sessionId, input?.sessionId, input?.runId].filter(
      (id) => typeof id === 'string',
    );
    const namespace = own.namespace ?? own.namespacePrefix ?? own.prefix ?? input?.namespace;
    return { ids, ...(Array.isArray(namespace) && { namespace: namespace as string[] }) };
  } catch {
    // Its arguments are refused when it is executed.
    return { ids: [] };
  }
}

interface Subject {
  readonly ids: readonly string[];
  readonly namespace?: readonly string[];
}

interface Arguments {
  readonly id?: unknown;
  readonly sessionId?: unknown;
  readonly runId?: unknown;
  readonly namespace?: unknown;
  readonly namespacePrefix?: unknown;
  readonly prefix?: unknown;
}
