// Every setting: what it means, what it may be, and what it is when it is left out.
import { z } from 'zod';
import { isLoopback } from './loopback.ts';

const ENVIRONMENTS = ['development', 'sqlite', 'staging', 'production'] as const;
/** No end, and no limit. */
const FOR_EVER = null;
export const DAY_MS = 86_400_000;
const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: DAY_MS };

const whole = (least: number, most: number) => z.coerce.number().int().min(least).max(most);

/** A number, or a word for there being no limit. */
const wholeOr = (word: string, least: number, most: number) =>
  z.union([z.literal(word).transform(() => FOR_EVER), whole(least, most)], {
    error: `must be ${word}, or a number from ${least} to ${most}`,
  });

/** 90s, 15m, 12h or 30d, in ms. */
const longDuration = z
  .string()
  .regex(/^[1-9]\d*[smhd]$/, 'must be a time such as 90s, 12h or 30d')
  .transform((text) => Number(text.slice(0, -1)) * (UNITS[text.slice(-1)] ?? 0))
  .refine((ms) => ms <= 36_500 * DAY_MS, 'must be at most 36500d');

/** One that a timer of Node can wait for. */
const duration = longDuration.refine((ms) => ms < 2 ** 31, 'must be at most 24d');

const orNever = <Schema extends z.ZodType>(schema: Schema) =>
  z.union([z.literal('never').transform(() => FOR_EVER), schema], {
    error: 'must be never, or a time such as 90s, 12h or 20d',
  });

/** A name that SQL takes without being quoted. */
const schemaName = () => z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/, 'must be of a-z, 0-9 and _');

/** What a person makes up in haste is refused: one letter over and over. */
const hmacSecret = () =>
  z
    .string()
    .refine((text) => Buffer.byteLength(text) >= 32, 'must have at least 32 bytes')
    .refine((text) => new Set(text).size >= 8, 'must have at least 8 different characters');

/** Whether nobody between here and there can change what is read. */
function isConfidential(url: string): boolean {
  // What is no address at all is told beside it.
  if (!URL.canParse(url)) return true;
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}

/** Words between commas; none for an empty list. */
const list = () =>
  z.string().transform((text) =>
    text
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== '' && word !== 'none'),
  );

export const settings = {
  ENV: setting(
    'development (memory), sqlite (a file), staging (Redis) or production (Postgres)',
    z.enum(ENVIRONMENTS),
    'sqlite',
  ),
  HOST: setting('where it listens', z.string(), '127.0.0.1'),
  PORT: setting('its port; 0 picks a free one', whole(0, 65_535), '4000'),
  LANGGRAPH_JSON: setting('the graphs', z.string(), './langgraph.json'),
  STRICT_GRAPHS: setting(
    'whether one graph that does not load stops the start; otherwise the others are served',
    z.stringbool(),
    'true',
  ),
  GRAPH_TYPES: setting(
    'whether the schema has types for the states, inputs and questions of the graphs',
    z.stringbool(),
    'true',
  ),
  FEDERATION: setting(
    'whether the gateway is a subgraph of an Apollo federation: `_service`, `_entities`, and keys of its types',
    z.stringbool(),
    'false',
  ),
  TYPE_PREFIX: optional(
    'a prefix for the names of types, for when another subgraph uses the same ones; Node, PageInfo and scalars keep theirs',
    z
      .string()
      .regex(/^[A-Z][A-Za-z0-9]{0,31}$/, 'must be a capital letter, then letters and digits'),
  ),
  SQLITE_PATH: setting('the file', z.string(), '.data/sessions.db'),
  DATABASE_URL: optional(
    'Postgres, for production: postgres://USER:PASSWORD@HOST:PORT/DATABASE, with ?sslmode= and ?schema= where wanted',
    z.string(),
  ),
  REDIS_URL: optional(
    'Redis, for staging and production: redis://USER:PASSWORD@HOST:PORT, or rediss:// for TLS',
    z.string(),
  ),
  REDIS_PREFIX: setting(
    'what keys and channels in Redis begin with; one for each gateway that shares the server',
    z.string().regex(/^[\w-]+$/, 'must be of letters, digits, - and _'),
    'session-gateway',
  ),
  PG_SCHEMA: setting('the schema of LangGraph’s tables', schemaName(), 'public'),
  PG_GATEWAY_SCHEMA: setting(
    'the schema of the gateway’s own tables',
    schemaName(),
    'session_gateway',
  ),
  PG_POOL_SIZE: setting('connections to Postgres of a process', whole(1, 1000), '10'),
  PG_STATEMENT_TIMEOUT: setting('how long Postgres works on one statement', duration, '30s'),
  PG_PREPARE: setting(
    'whether statements are prepared by name; false behind a transaction-mode pooler',
    z.stringbool(),
    'true',
  ),
  MIGRATE: setting(
    'whether the start brings the tables to this version; else run `session-gateway migrate`',
    z.stringbool(),
    'true',
  ),
  ROLE: setting('all, gateway or worker', z.enum(['all', 'gateway', 'worker']), 'all'),
  WORKERS: setting(
    'how many processes execute runs, besides the one that serves: 0 for none, so that it executes them itself; auto for one per core',
    z.union([z.literal('auto'), whole(0, 256)], {
      error: 'must be auto, or a number from 0 to 256',
    }),
    '0',
  ),
  WORKER_CONCURRENCY: setting('runs at once in a process', whole(1, 10_000), '8'),
  RUNS_PER_USER: derived(
    'runs of one user at once in a process, so that others get their turn',
    whole(1, 10_000),
    'three quarters of WORKER_CONCURRENCY',
  ),
  SESSION_TTL: derived(
    'how long after its last activity a session expires: 90s, 12h, 30d or never',
    orNever(longDuration),
    'never, 30d in staging and production; at most MAX_SESSION_TTL',
  ),
  MAX_SESSION_TTL: setting(
    'the longest time to live that a user may give a session: 90s, 12h, 30d or never',
    orNever(longDuration),
    'never',
  ),
  EXPIRE_INTERRUPTED: setting(
    'whether sessions that wait for an answer expire, too',
    z.stringbool(),
    'false',
  ),
  RUN_TIMEOUT: setting(
    'how long an attempt of a run may take, at most 24d: 90s, 12h or never',
    orNever(duration),
    '24h',
  ),
  RUN_STALLED_AFTER: setting(
    'report a running run (log and metric) after this long without progress: 90s, 12h or never',
    orNever(duration),
    '10m',
  ),
  MAX_ATTEMPTS: setting(
    'a run fails after this many deaths of its process in a row without a new checkpoint',
    whole(1, 1000),
    '5',
  ),
  MAX_STEPS: setting('the highest recursionLimit', whole(1, 1_000_000), '10000'),
  MAX_INPUT_BYTES: setting(
    'the most bytes of JSON of one input, message, answer or edit',
    whole(1024, 1 << 30),
    '1048576',
  ),
  MAX_BODY_BYTES: derived(
    'the most bytes of a request’s body and of a WebSocket’s message',
    whole(1024, 1 << 30),
    'MAX_INPUT_BYTES and 262144 more',
  ),
  MAX_CHECKPOINT_BYTES: setting(
    'the most bytes that a step of a run may store at once: its checkpoint, or what one task wrote',
    whole(1024, 1 << 30),
    '67108864',
  ),
  ACTIVE_SESSIONS_PER_USER: setting(
    'sessions of one user that are queued or running at once: a number or unlimited',
    wholeOr('unlimited', 1, 1e9),
    '1000',
  ),
  QUEUED_RUNS_PER_USER: setting(
    'runs of one user that wait for a worker: a number or unlimited',
    wholeOr('unlimited', 1, 1e9),
    '1000',
  ),
  STORED_BYTES_PER_USER: setting(
    'how much all sessions of one user may store before new work is refused: bytes or unlimited',
    wholeOr('unlimited', 1024, Number.MAX_SAFE_INTEGER),
    '10737418240',
  ),
  STORE_ITEMS_PER_USER: setting(
    'items of LangGraph’s store that one user may put there by the API: a number or unlimited',
    wholeOr('unlimited', 1, 1e9),
    '10000',
  ),
  HISTORY_KEEP: setting(
    'the newest checkpoints to keep of a session’s graph: a number or all',
    wholeOr('all', 1, 1_000_000),
    'all',
  ),
  EVENTS_KEEP: setting(
    'the newest progress events to keep of a session: a number or all',
    wholeOr('all', 1, 1_000_000),
    'all',
  ),
  CHECKPOINT_CACHE_BYTES: setting(
    'how much of decoded checkpoints a process keeps in memory; 0 for nothing',
    whole(0, 1 << 30),
    '67108864',
  ),
  SUBSCRIBER_BUFFER_BYTES: setting(
    'how much may wait for a connection that takes less than there is to send; then it is sent what it missed from the log',
    whole(1024, 1 << 30),
    '1048576',
  ),
  SUBSCRIBER_TIMEOUT: setting(
    'after how long a connection is closed that takes nothing',
    duration,
    '30s',
  ),
  SUBSCRIPTIONS_PER_SOCKET: setting(
    'operations at once on one WebSocket',
    whole(1, 100_000),
    '100',
  ),
  SUBSCRIPTIONS_PER_USER: setting(
    'subscriptions at once of one user in a process',
    whole(1, 1_000_000),
    '1000',
  ),
  SOCKETS_PER_USER: setting(
    'WebSockets and event streams at once of one user in a process',
    whole(1, 1_000_000),
    '100',
  ),
  MAX_ANSWER_BYTES: setting(
    'the most bytes of JSON of one answer or event; what would be longer is refused',
    whole(1024, 1 << 29),
    '8388608',
  ),
  ANSWERS_PER_USER: setting(
    'requests and operations of one user that wait for their answers at once in a process',
    whole(1, 1_000_000),
    '1000',
  ),
  ANSWER_BYTES_PER_USER: setting(
    'how many bytes of answers of one user may be in memory at once in a process',
    whole(1024, Number.MAX_SAFE_INTEGER),
    '67108864',
  ),
  READS_PER_USER: setting(
    'reads of states and lists of one user at once in a process; further ones wait. Half of PG_POOL_SIZE leaves room for others',
    whole(1, 1_000_000),
    '5',
  ),
  REQUESTS_PER_USER: setting(
    'requests and operations of one user in a minute: a number or unlimited',
    wholeOr('unlimited', 1, 1e9),
    '6000',
  ),
  REQUESTS_PER_ADDRESS: setting(
    'HTTP requests and new WebSockets from one address (of version 6: one /64) in a minute: a number or unlimited',
    wholeOr('unlimited', 1, 1e9),
    '30000',
  ),
  TRUSTED_PROXIES: setting(
    'whose X-Forwarded-For is believed: addresses, networks such as 10.0.0.0/8, loopback, uniquelocal',
    list(),
    'none',
  ),
  REQUEST_TIMEOUT: setting('how long a request may take to arrive whole', duration, '30s'),
  MAX_QUERY_TOKENS: setting('the most tokens of a GraphQL document', whole(10, 1_000_000), '2000'),
  MAX_QUERY_DEPTH: setting(
    'how deep the fields of an operation may be nested',
    whole(1, 1000),
    '20',
  ),
  MAX_QUERY_FIELDS: setting('how many fields an operation may select', whole(1, 1_000_000), '1000'),
  MAX_QUERY_ALIASES: setting(
    'how many fields of an operation may have an alias',
    whole(0, 1_000_000),
    '50',
  ),
  MAX_QUERY_COST: setting(
    'what an operation may cost: 1 a field, more for what is read from the store, times `first` in lists',
    whole(1, 1e9),
    '10000',
  ),
  INTROSPECTION: derived(
    'whether clients may ask for the schema',
    z.stringbool(),
    'true; false in production',
  ),
  GRAPHIQL: derived(
    'whether browsers are given GraphiQL',
    z.stringbool(),
    'true; false in production',
  ),
  CONSOLE: setting('whether browsers are given the console at /', z.stringbool(), 'true'),
  PERSISTED_DOCUMENTS: optional(
    'a file of documents by their hash, as codegen writes it (persisted-documents.json): other operations are refused, but for those of the console where CONSOLE is true',
    z.string(),
  ),
  CORS_ORIGINS: derived(
    'the pages of other sites that may use the gateway: their origins such as https://app.example.com, loopback, or *',
    list(),
    'none; loopback in development and sqlite',
  ),
  GRAPH_HEADERS: derived(
    'headers of clients that graphs find in `configurable`: names such as x-tenant, or x-* for all that begin so',
    list(),
    '`http.configurable_headers` of langgraph.json',
  ),
  JWT_SECRET: optionalSecret(
    'checks tokens by HMAC (HS256, HS384, HS512); at least 32 bytes',
    hmacSecret(),
  ),
  JWT_SECRET_PREVIOUS: optionalSecret(
    'the JWT_SECRET of before, whose tokens are taken until they expire',
    hmacSecret(),
  ),
  JWT_PUBLIC_KEY: optional('checks tokens by this public key (PEM)', z.string()),
  JWT_JWKS_URL: optionalSecret(
    'checks tokens by the keys at this address: https://…, or http:// on this machine',
    z.url().refine(isConfidential, 'must begin with https://, or be of this machine'),
  ),
  JWT_JWKS_COOL_DOWN: setting(
    'the least time between two fetches of the keys because a token names an unknown one',
    duration,
    '30s',
  ),
  JWT_CLOCK_TOLERANCE: setting(
    'how far the clocks of who makes tokens and who checks them may be apart',
    duration,
    '5s',
  ),
  JWT_ISSUER: optional('the `iss` that tokens must have', z.string()),
  JWT_AUDIENCE: optional('the `aud` that tokens must have', z.string()),
  SHUTDOWN_DELAY: setting(
    'how long to keep serving after SIGTERM while /ready answers 503: none, or a time such as 5s',
    z.union([z.literal('none').transform(() => 0), duration], {
      error: 'must be none, or a time such as 5s',
    }),
    'none',
  ),
  SHUTDOWN_TIMEOUT: setting(
    'how long draining and closing may take, after SHUTDOWN_DELAY',
    duration,
    '30s',
  ),
  OTEL_EXPORTER_OTLP_ENDPOINT: optionalSecret(
    'sends traces to this OpenTelemetry collector (OTLP over HTTP)',
    z.url(),
  ),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: optionalSecret(
    'the same, as the whole address for traces',
    z.url(),
  ),
  LOG_ERROR_MESSAGES: setting(
    'log the messages of errors that graphs throw, without secrets; false: only type and stack frames',
    z.stringbool(),
    'true',
  ),
  LOG_FORMAT: setting(
    'json: a line of JSON each; pretty: for people; auto: pretty on a terminal',
    z.enum(['auto', 'json', 'pretty']),
    'auto',
  ),
  LOG_LEVEL: setting(
    'fatal, error, warn, info, debug, trace or silent',
    z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
    'info',
  ),
};

interface Setting<Schema extends z.ZodType> {
  readonly meaning: string;
  readonly schema: Schema;
  /** What it is when it is left out, as an operator would write it; empty: nothing. */
  readonly preset: string;
  /** Whether its value may hold a secret, and is not told where it is wrong. */
  readonly secret: boolean;
}

function setting<Schema extends z.ZodType>(
  meaning: string,
  schema: Schema,
  preset: string,
): Setting<z.ZodPrefault<Schema>> {
  // The environment is text, and so is what a schema reads.
  const text = preset as z.input<Schema>;
  return { meaning, schema: z.prefault(schema, text), preset, secret: false };
}

/** One whose preset depends on others. */
function derived<Schema extends z.ZodType>(
  meaning: string,
  schema: Schema,
  preset: string,
): Setting<z.ZodOptional<Schema>> {
  return { meaning, schema: schema.optional(), preset, secret: false };
}

function optional<Schema extends z.ZodType>(meaning: string, schema: Schema) {
  return derived(meaning, schema, '');
}

function optionalSecret<Schema extends z.ZodType>(meaning: string, schema: Schema) {
  return { ...optional(meaning, schema), secret: true };
}
