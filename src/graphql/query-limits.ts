// What an operation may ask for, told before anything of it is executed. Lists count as often as `first` says, fragments
// as often as they are spread.
import { complexityFromQuery } from '@pothos/plugin-complexity';
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  NoSchemaIntrospectionCustomRule,
  type ParseOptions,
  Source,
  getOperationAST,
  parse,
  specifiedRules,
  validate,
  visit,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Logger } from 'pino';
import { GatewayError } from '../errors.ts';
import type { RequestContext } from './context.ts';
import { costRefusalOf, keepCost } from './costs.ts';
import type { Documents } from './documents.ts';
import { toClientError } from './errors.ts';
import { checkListSizes, coercedVariables } from './variables.ts';

export interface QueryLimits {
  /** Tokens of a document. */
  readonly maxTokens: number;
  readonly maxDepth: number;
  readonly maxFields: number;
  readonly maxAliases: number;
  readonly maxCost: number;
  readonly introspection: boolean;
}

/** What a client may ask for beside its document; as it came. */
interface Asked {
  readonly operationName?: string | null;
  readonly variables?: Readonly<Record<string, unknown>> | null;
}

/** Errors of validation that are told; what is wrong in so many places is not looked at further. */
const MOST_ERRORS = 20;
/** Validation compares each two fields of a name that could be one, with all that is within them: a part of all. */
const ALIKE_SHARE = 1 / 16;

/** Refuses operations beyond the limits, whichever way they came. */
export function limitQueries(
  limits: QueryLimits,
  documents: Documents,
  log: Logger,
): Plugin<RequestContext & { params?: Asked }> {
  const rules = limits.introspection
    ? specifiedRules
    : [...specifiedRules, NoSchemaIntrospectionCustomRule];
  // Names that are near are the schema's, too.
  const told = { hideSuggestions: !limits.introspection, maxErrors: MOST_ERRORS };
  return {
    // Subscriptions are counted by watch.ts, once and for each event.
    async onExecute({ args, setResultAndStopExecution }) {
      const error = await costRefusalOf(args.contextValue);
      if (error !== undefined) setResultAndStopExecution({ errors: [toClientError(error, log)] });
    },
    onParse({ setParseFn }) {
      setParseFn((source: string | Source, options?: ParseOptions) => {
        const text = typeof source === 'string' ? source : source.body;
        return documents.find(text) ?? parseWithin(source, limits.maxTokens, options);
      });
    },
    onValidate({ params, context, setValidationFn }) {
      const document = params.documentAST as DocumentNode;
      const schema = params.schema as GraphQLSchema;
      setValidationFn(() => {
        if (documents.isValid(document)) return [];
        const error = sizeRefusal(document, limits);
        const errors = error === undefined ? validate(schema, document, rules, told) : [error];
        if (errors.length === 0) documents.keep(document);
        return errors;
      });
      return ({ valid, result, setResult }) => {
        const error = valid
          ? costRefusal(schema, document, context.params ?? {}, limits)
          : undefined;
        const errors = error === undefined ? result.map(named) : [error];
        if (errors.length > 0) setResult(errors.map((each: Error) => toClientError(each, log)));
      };
    },
  };
}

/** graphql gives up comparing fields that could be one, and does not say so. */
function named(error: Error): Error {
  if (error.message !== 'Validation aborted.') return error;
  return tooMuch('The operation selects the same fields too often.');
}

function parseWithin(source: string | Source, maxTokens: number, options?: ParseOptions) {
  try {
    return parse(source, { ...options, maxTokens });
  } catch (error) {
    const tooLong = `Document contains more than ${maxTokens} tokens`;
    if (!(error instanceof GraphQLError) || !error.message.includes(tooLong)) throw error;
    throw tooMuch(`The document has more than ${maxTokens} tokens (MAX_QUERY_TOKENS).`);
  }
}

/** Look-ups by id, which stitching gateways send many at once, each with an alias. Their cost is counted. */
const BY_ID: ReadonlySet<string> = new Set(['node', 'nodes', 'session', 'sessionsById']);
/** The ancestors of a root field in the AST: the document, its definitions, the operation and its selection set. */
const OF_A_ROOT_FIELD = 4;

/** What is too much of a document for it to be validated. */
function sizeRefusal(document: DocumentNode, limits: QueryLimits): GraphQLError | undefined {
  let fields = 0;
  let aliases = 0;
  const alike = new Map<string, number>();
  visit(document, {
    Field({ alias, name, selectionSet }, _key, _parent, _path, ancestors) {
      fields += 1;
      const isRoot = ancestors.length === OF_A_ROOT_FIELD;
      if (alias !== undefined && !(isRoot && BY_ID.has(name.value))) aliases += 1;
      const key = (alias ?? name).value;
      if (selectionSet !== undefined) alike.set(key, (alike.get(key) ?? 0) + 1);
    },
  });
  if (fields > limits.maxFields) return tooManyFields(fields, limits);
  if (aliases > limits.maxAliases) {
    return tooMuch(
      `The operation has ${aliases} aliases; at most ${limits.maxAliases} (MAX_QUERY_ALIASES).`,
    );
  }
  const mostAlike = Math.ceil(limits.maxFields * ALIKE_SHARE);
  for (const [name, count] of alike) {
    if (count > mostAlike)
      return tooMuch(`The operation selects \`${name}\` ${count} times; at most ${mostAlike}.`);
  }
  return undefined;
}

/** What is too much of an operation with these variables. */
function costRefusal(
  schema: GraphQLSchema,
  document: DocumentNode,
  asked: Asked,
  limits: QueryLimits,
): GraphQLError | undefined {
  const { operationName, variables } = asked;
  const operation = getOperationAST(document, operationName);
  // Which one is meant is told when it is executed.
  if (!operation) return undefined;
  const fragments = document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
  try {
    checkListSizes(schema, operation, variables ?? {});
    // Invalid variables are reported at execution, which they abort.
    if (coercedVariables(schema, operation.variableDefinitions ?? [], variables) === undefined)
      return undefined;
    const { depth, breadth, complexity } = complexityFromQuery(
      { ...document, definitions: [operation, ...fragments] },
      { schema, variables: { ...variables } },
    );
    if (depth > limits.maxDepth) {
      return tooMuch(
        `The operation is nested ${depth} deep; at most ${limits.maxDepth} (MAX_QUERY_DEPTH).`,
      );
    }
    if (breadth > limits.maxFields) return tooManyFields(breadth, limits);
    if (complexity > limits.maxCost) {
      return tooMuch(
        `The operation costs ${complexity}; at most ${limits.maxCost} (MAX_QUERY_COST). Ask for fewer fields, or by a smaller \`first\`.`,
      );
    }
    keepCost(asked, complexity);
    return undefined;
  } catch (error) {
    if (error instanceof GraphQLError) return error;
    if (error instanceof GatewayError) return refused(error);
    throw error;
  }
}

function tooManyFields(fields: number, { maxFields }: QueryLimits): GraphQLError {
  return tooMuch(`The operation has ${fields} fields; at most ${maxFields} (MAX_QUERY_FIELDS).`);
}

function tooMuch(message: string): GraphQLError {
  return refused(new GatewayError('LIMIT_EXCEEDED', message));
}

function refused(cause: GatewayError): GraphQLError {
  return new GraphQLError(cause.message, {
    originalError: cause,
    // As for errors of validation: 400 to who asks by GraphQL over HTTP's own media type.
    extensions: { http: { spec: true, status: 400 } },
  });
}
