// Every setting, from the environment, read and checked once. The only place that reads process.env.
import { z } from 'zod';
import { invalidInput } from './errors.ts';

const ENVIRONMENTS = ['development', 'sqlite', 'staging', 'production'] as const;
/** No end, and no limit. */
const FOR_EVER = null;
const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const whole = (least: number, most: number) => z.coerce.number().int().min(least).max(most);

/** 90s, 15m, 12h or 30d, in ms. */
const duration = z
  .string()
  .regex(/^[1-9]\d*[smhd]$/, 'must be a time such as 90s, 12h or 30d')
  .transform((text) => Number(text.slice(0, -1)) * (UNITS[text.slice(-1)] ?? 0));

const settings = {
  ENV: setting(
    'development (memory), sqlite (a file), staging (Redis) or production (Postgres)',
    z.enum(ENVIRONMENTS).default('sqlite'),
    'sqlite',
  ),
  HOST: setting('where it listens', z.string().default('127.0.0.1'), '127.0.0.1'),
  PORT: setting('its port; 0 picks a free one', whole(0, 65_535).default(4000), '4000'),
  LANGGRAPH_JSON: setting('the graphs', z.string().default('./langgraph.json'), './langgraph.json'),
  SQLITE_PATH: setting('the file', z.string().default('.data/sessions.db'), '.data/sessions.db'),
  DATABASE_URL: setting(
    'Postgres, for production: postgres://USER:PASSWORD@HOST:PORT/DATABASE, with ?sslmode= and ?schema= where wanted',
    z.string().optional(),
    '',
  ),
  REDIS_URL: setting(
    'Redis, for staging and production: redis://USER:PASSWORD@HOST:PORT, or rediss:// for TLS',
    z.string().optional(),
    '',
  ),
  REDIS_PREFIX: setting(
    'what keys and channels in Redis begin with; one for each gateway that shares the server',
    z
      .string()
      .regex(/^[\w-]+$/, 'must be of letters, digits, - and _')
      .default('session-gateway'),
    'session-gateway',
  ),
  PG_SCHEMA: setting('the schema of LangGraph’s tables', schemaName().default('public'), 'public'),
  PG_GATEWAY_SCHEMA: setting(
    'the schema of the gateway’s own tables',
    schemaName().default('session_gateway'),
    'session_gateway',
  ),
  PG_POOL_SIZE: setting('connections to Postgres of a process', whole(1, 1000).default(10), '10'),
  PG_STATEMENT_TIMEOUT: setting(
    'how long Postgres works on one statement',
    duration.default(30_000),
    '30s',
  ),
  PG_PREPARE: setting(
    'whether statements are prepared by name; false behind a transaction-mode pooler',
    z.stringbool().default(true),
    'true',
  ),
  MIGRATE: setting(
    'whether the start brings the tables to this version; else run `session-gateway migrate`',
    z.stringbool().default(true),
    'true',
  ),
  ROLE: setting(
    'all, gateway or worker',
    z.enum(['all', 'gateway', 'worker']).default('all'),
    'all',
  ),
  WORKER_CONCURRENCY: setting('runs at once in a process', whole(1, 10_000).default(8), '8'),
  SESSION_TTL: setting(
    'how long after its last activity a session expires: 90s, 12h, 30d or never',
    z.union([z.literal('never').transform(() => FOR_EVER), duration]).optional(),
    'never; 30d in staging and production',
  ),
  MAX_ATTEMPTS: setting(
    'attempts of a run whose process dies before it fails',
    whole(1, 1000).default(5),
    '5',
  ),
  MAX_STEPS: setting('the highest recursionLimit', whole(1, 1_000_000).default(10_000), '10000'),
  MAX_INPUT_BYTES: setting(
    'the most bytes of JSON of one input, message, answer or edit',
    whole(1024, 1 << 30).default(1 << 20),
    '1048576',
  ),
  HISTORY_KEEP: setting(
    'the newest checkpoints to keep of a session’s graph: a number or all',
    z.union([z.literal('all').transform(() => FOR_EVER), whole(1, 1_000_000)]).default(FOR_EVER),
    'all',
  ),
  EVENTS_KEEP: setting(
    'the newest progress events to keep of a session: a number or all',
    z.union([z.literal('all').transform(() => FOR_EVER), whole(1, 1_000_000)]).default(FOR_EVER),
    'all',
  ),
  CHECKPOINT_CACHE_BYTES: setting(
    'how much of decoded checkpoints a process keeps in memory; 0 for nothing',
    whole(0, 1 << 30).default(64 << 20),
    '67108864',
  ),
  SUBSCRIBER_BUFFER_BYTES: setting(
    'how much may wait for a connection that takes less than there is to send; then it is sent what it missed from the log',
    whole(1024, 1 << 30).default(1 << 20),
    '1048576',
  ),
  SUBSCRIBER_TIMEOUT: setting(
    'after how long a connection is closed that takes nothing',
    duration.default(30_000),
    '30s',
  ),
  SUBSCRIPTIONS_PER_SOCKET: setting(
    'operations at once on one WebSocket',
    whole(1, 100_000).default(100),
    '100',
  ),
  SOCKETS_PER_USER: setting(
    'WebSockets and event streams at once of one user in a process',
    whole(1, 1_000_000).default(100),
    '100',
  ),
  JWT_SECRET: setting(
    'checks tokens by HMAC (HS256, HS384, HS512); at least 32 bytes',
    secret(),
    '',
  ),
  JWT_PUBLIC_KEY: setting('checks tokens by this public key (PEM)', z.string().optional(), ''),
  JWT_JWKS_URL: setting('checks tokens by the keys at this address', z.url().optional(), ''),
  JWT_CLOCK_TOLERANCE: setting(
    'how far the clocks of who makes tokens and who checks them may be apart',
    duration.default(5000),
    '5s',
  ),
  JWT_ISSUER: setting('the `iss` that tokens must have', z.string().optional(), ''),
  JWT_AUDIENCE: setting('the `aud` that tokens must have', z.string().optional(), ''),
  SHUTDOWN_TIMEOUT: setting('how long a drain may take', duration.default(30_000), '30s'),
  OTEL_EXPORTER_OTLP_ENDPOINT: setting(
    'sends traces to this OpenTelemetry collector (OTLP over HTTP)',
    z.url().optional(),
    '',
  ),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: setting(
    'the same, as the whole address for traces',
    z.url().optional(),
    '',
  ),
  LOG_LEVEL: setting(
    'fatal, error, warn, info, debug, trace or silent',
    z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
    'info',
  ),
};

interface Setting<Schema extends z.ZodType> {
  readonly meaning: string;
  readonly schema: Schema;
  readonly preset: string;
}

function setting<Schema extends z.ZodType>(
  meaning: string,
  schema: Schema,
  preset: string,
): Setting<Schema> {
  return { meaning, schema, preset };
}

/** A name that SQL takes without being quoted. */
function schemaName() {
  return z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/, 'must be of a-z, 0-9 and _');
}

function secret() {
  return z
    .string()
    .refine((text) => Buffer.byteLength(text) >= 32, 'must have at least 32 bytes')
    .optional();
}

type Settings = { [Name in keyof typeof settings]: z.output<(typeof settings)[Name]['schema']> };

/** The checked settings; times in ms. */
export type Config = Omit<Settings, 'SESSION_TTL'> & { readonly SESSION_TTL: number | null };

/**
 * Reads the settings.
 * @throws GatewayError INVALID_INPUT naming each wrong setting and what it may be
 */
export function readConfig(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Config {
  const shape = Object.fromEntries(
    Object.entries(settings).map(([name, { schema }]) => [name, schema]),
  );
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = z.object(shape).safeParse(given);
  if (!parsed.success) {
    const wrong = parsed.error.issues.map(({ path, message }) => {
      const name = String(path[0]);
      const meaning = name in settings ? settings[name as keyof Settings].meaning : '';
      return `${name} is ${JSON.stringify(given[name])}: ${message} (${meaning})`;
    });
    throw invalidInput(wrong.join('\n'));
  }
  // The shape was made from `settings`, whose output types are what Settings says.
  const read = parsed.data as Settings;
  const lasting = read.ENV === 'staging' || read.ENV === 'production';
  const preset = lasting ? 30 * 86_400_000 : null;
  return { ...read, SESSION_TTL: read.SESSION_TTL === undefined ? preset : read.SESSION_TTL };
}

/** Puts values into the environment that graphs read; what is set already stays. */
export function addToEnvironment(values: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(values)) process.env[name] ??= value;
}

const NAME_WIDTH = Math.max(...Object.keys(settings).map((name) => name.length));

/** The table of settings, as `--help` prints it. */
export function describeSettings(): string {
  return Object.entries(settings)
    .map(([name, { meaning, preset }]) => {
      const text = preset === '' ? meaning : `${meaning} (${preset})`;
      return `  ${name.padEnd(NAME_WIDTH)} ${text}`;
    })
    .join('\n');
}
