// Queries and mutations: by plain fetch, or by whatever GraphQL client a program has.

/** Executes an operation. @returns its data. @throws GatewayRequestError, or what the client throws */
export type Request = <Data>(query: string, variables: Record<string, unknown>) => Promise<Data>;

export interface FetchOptions {
  /** Where the gateway's GraphQL is. */
  readonly url: string | URL;
  /** Such as `authorization`; a function is asked for each request. */
  readonly headers?: HeadersOf;
  readonly fetch?: typeof globalThis.fetch;
  /** How long a query or mutation may take, in ms. Default: 30 s. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 30_000;

export type HeadersOf =
  | Readonly<Record<string, string>>
  | (() => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>);

/** The gateway refused: `code` is one of the contract's, where the answer had one. */
export class GatewayRequestError extends Error {
  override readonly name = 'GatewayRequestError';
  readonly code: string | undefined;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  readonly status: number;
  /** As GraphQL has them; empty where the answer was none of GraphQL. */
  readonly errors: readonly RequestError[];

  constructor(status: number, errors: readonly RequestError[]) {
    super(errors[0]?.message ?? `The gateway answered ${status}.`);
    this.status = status;
    this.errors = errors;
    const { code, retryable } = errors[0]?.extensions ?? {};
    this.code = typeof code === 'string' ? code : undefined;
    // Without errors of GraphQL the answer is a proxy's, or was cut off.
    this.retryable = retryable === true || (errors.length === 0 && !FINAL_STATUS.has(status));
  }
}

/** With these the same request would be refused again. */
const FINAL_STATUS = new Set([400, 401, 403, 404, 405, 413, 415]);

interface RequestError {
  readonly message: string;
  readonly extensions?: Readonly<Record<string, unknown>>;
}

export function fetchRequest(options: FetchOptions): Request {
  return async <Data>(query: string, variables: Record<string, unknown>) => {
    const signal = AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS);
    const response = await send(options, { query, variables }, 'application/json', signal);
    const { data, errors = [] } = await answerOf(response);
    if (data == null || errors.length > 0) throw new GatewayRequestError(response.status, errors);
    return data as Data;
  };
}

export async function send(
  { url, headers = {}, fetch = globalThis.fetch }: FetchOptions,
  body: object,
  accept: string,
  signal?: AbortSignal,
): Promise<Response> {
  const own = typeof headers === 'function' ? await headers() : headers;
  return fetch(url, {
    method: 'POST',
    headers: { ...own, accept, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...(signal && { signal }),
  });
}

interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly RequestError[];
}

/** What was answered; nothing where it is not JSON, as of a proxy. @throws TypeError where the connection is lost */
export async function answerOf(response: Response): Promise<Answer> {
  try {
    return (await response.json()) as Answer;
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}
