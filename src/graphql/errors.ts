// Turns errors into what clients read (errors for people): a code, whether a retry helps, and a message written for them.
// Everything else is logged once and reported as INTERNAL.
import { GraphQLError } from 'graphql';
import type { Logger } from 'pino';
import { withoutSecrets } from '../secrets.ts';
import { type ErrorCode, GatewayError, isRetryable } from '../errors.ts';

/** Codes whose cause is ours to look at; the others tell their reader all there is. */
const SERVER_SIDE = new Set<ErrorCode>(['BACKEND_UNAVAILABLE', 'INTERNAL']);

/** Turns what a resolver threw, or GraphQL itself refused, into the error that the client gets. */
export function toClientError(error: unknown, log: Logger): GraphQLError {
  // Yoga tells again what was told in validation.
  if (error instanceof GraphQLError && told.has(error)) return error;
  const client = clientError(error, log);
  told.add(client);
  return client;
}

const told = new WeakSet<GraphQLError>();

function clientError(error: unknown, log: Logger): GraphQLError {
  const { message, extensions } = describe(error, log);
  if (!(error instanceof GraphQLError)) return new GraphQLError(message, { extensions });
  const { nodes, source, positions, path } = error;
  return new GraphQLError(message, { nodes, source, positions, path, extensions });
}

interface Described {
  readonly message: string;
  readonly extensions: Record<string, unknown>;
}

function describe(error: unknown, log: Logger): Described {
  const original = error instanceof GraphQLError ? (error.originalError ?? error) : error;
  const http = error instanceof GraphQLError ? httpOnly(error) : {};
  if (original instanceof GatewayError) {
    if (SERVER_SIDE.has(original.code)) log.error({ err: original }, original.message);
    return coded(original.message, original.code, { ...original.extensions, ...http });
  }
  if (original instanceof GraphQLError) return coded(original.message, codeOf(original), http);
  // The parsers of GraphQL and JSON recurse: what is nested too deep for them is the sender's to mend.
  if (original instanceof RangeError && original.message.includes('call stack'))
    return coded('The request is nested too deep.', 'INVALID_INPUT', http);
  // What V8 says of a text of more than 512 MiB.
  if (original instanceof RangeError && original.message.includes('string length'))
    return coded('The answer is too large; ask for less at once.', 'LIMIT_EXCEEDED', http);
  if (original instanceof SyntaxError)
    return coded('The request is not valid JSON.', 'INVALID_INPUT', http);
  log.error({ err: original }, 'unexpected error');
  return coded('Something went wrong on the server; it was logged.', 'INTERNAL', http);
}

function codeOf(error: GraphQLError): ErrorCode {
  const { code } = error.extensions;
  if (code === 'GRAPHQL_PARSE_FAILED' || error.message.startsWith('Syntax Error')) {
    return 'GRAPHQL_PARSE_FAILED';
  }
  const refusedAsHttp = error.extensions['http'] !== undefined && error.nodes === undefined;
  return code === 'BAD_REQUEST' || refusedAsHttp ? 'INVALID_INPUT' : 'GRAPHQL_VALIDATION_FAILED';
}

function coded(
  message: string,
  code: ErrorCode,
  more: Readonly<Record<string, unknown>> = {},
): Described {
  return {
    message: withoutSecrets(message),
    extensions: { ...more, code, retryable: isRetryable(code) },
  };
}

/** Yoga reads the HTTP status from the extension and takes it out again. */
function httpOnly({ extensions }: GraphQLError): Record<string, unknown> {
  // Compiled operations leave the extensions out.
  const http = (extensions as GraphQLError['extensions'] | undefined)?.['http'];
  return http === undefined ? {} : { http };
}
