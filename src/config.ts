// The settings, from the environment, read and checked once. The only place that reads process.env.
import { accessSync, constants } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { z } from 'zod';
import { invalidInput } from './errors.ts';
import { DAY_MS, settings } from './settings.ts';

/** How much of a worker one user may take. */
const USERS_SHARE = 0.75;

/** Of sessions in staging and production. */
const DEFAULT_TTL_MS = 30 * DAY_MS;

/** JSON around a request's own arguments, which have their own limit. */
const BODY_OVERHEAD_BYTES = 256 * 1024;

/** In the list of origins: any page that was loaded from this machine. */
export const LOOPBACK_ORIGINS = 'loopback';

/** The checked settings; times in ms. */
export type Config = Readonly<ReturnType<typeof complete>>;

type Settings = { [Name in keyof typeof settings]: z.output<(typeof settings)[Name]['schema']> };

const shape = z.object(
  Object.fromEntries(Object.entries(settings).map(([name, { schema }]) => [name, schema])),
);

/**
 * Reads the settings.
 * @throws GatewayError INVALID_INPUT naming each wrong setting and what it may be
 */
export function readConfig(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Config {
  return complete(readSettings(env));
}

/**
 * The settings of a program: those that it gives, else those of the environment.
 * @throws GatewayError INVALID_INPUT naming each wrong setting of the environment and what it may be
 */
export function completeConfig(given: Partial<Config>): Config {
  return { ...complete({ ...readSettings(process.env), ...given }), ...given };
}

/** Where langgraph.json is, which may hold other settings in its `env`. */
export function langgraphJsonPath(): string {
  return readConfig({ LANGGRAPH_JSON: process.env['LANGGRAPH_JSON'] }).LANGGRAPH_JSON;
}

function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = shape.safeParse(given);
  if (!parsed.success) {
    const wrong = parsed.error.issues.map(({ path, message }) => {
      const name = String(path[0]);
      const { meaning, secret } = settings[name as keyof Settings];
      return `${name} is ${secret ? 'wrong' : JSON.stringify(given[name])}: ${message} (${meaning})`;
    });
    throw invalidInput(wrong.join('\n'));
  }
  // The shape was made from `settings`, whose output types are what Settings says.
  return parsed.data as Settings;
}

/**
 * The settings with the presets that depend on others.
 * @throws GatewayError INVALID_INPUT for settings that contradict each other
 */
function complete(read: Settings) {
  const open = read.ENV !== 'production';
  const workers = read.WORKERS === 'auto' ? availableParallelism() : read.WORKERS;
  if (workers > 0 && read.ENV === 'development')
    throw invalidInput(
      'WORKERS needs a store that several processes share: ENV=sqlite, staging or production.',
    );
  if (workers > 0 && read.ROLE !== 'all')
    throw invalidInput(`WORKERS needs ROLE=all: a ${read.ROLE} is one process.`);
  const isOfOneMachine = read.ENV === 'development' || read.ENV === 'sqlite';
  return {
    ...read,
    WORKERS: workers,
    SESSION_TTL: sessionTtl(read),
    /** Whether SESSION_TTL was set; otherwise langgraph.json may name another. */
    hasSessionTtl: read.SESSION_TTL !== undefined,
    RUNS_PER_USER:
      read.RUNS_PER_USER ?? Math.max(1, Math.floor(read.WORKER_CONCURRENCY * USERS_SHARE)),
    MAX_BODY_BYTES: read.MAX_BODY_BYTES ?? read.MAX_INPUT_BYTES + BODY_OVERHEAD_BYTES,
    INTROSPECTION: read.INTROSPECTION ?? open,
    GRAPHIQL: read.GRAPHIQL ?? open,
    CORS_ORIGINS: read.CORS_ORIGINS ?? (isOfOneMachine ? [LOOPBACK_ORIGINS] : []),
  };
}

function sessionTtl({ ENV, SESSION_TTL, MAX_SESSION_TTL }: Settings): number | null {
  const longest = MAX_SESSION_TTL ?? Infinity;
  if (SESSION_TTL === undefined) {
    const lasting = ENV === 'staging' || ENV === 'production';
    const ttl = Math.min(lasting ? DEFAULT_TTL_MS : Infinity, longest);
    return ttl === Infinity ? null : ttl;
  }
  if ((SESSION_TTL ?? Infinity) > longest)
    throw invalidInput('SESSION_TTL is longer than MAX_SESSION_TTL.');
  return SESSION_TTL;
}

/** What sessions live that ask for no time of their own: SESSION_TTL, else what langgraph.json says, else the preset. */
export function sessionTtlOf(
  { SESSION_TTL, MAX_SESSION_TTL, hasSessionTtl }: Config,
  ofFile: number | undefined,
): number | null {
  if (hasSessionTtl || ofFile === undefined) return SESSION_TTL;
  return Math.min(ofFile, MAX_SESSION_TTL ?? Infinity);
}

/** The environment, as graphs read it. */
export function environment(): Readonly<Record<string, string | undefined>> {
  return process.env;
}

/** For what the command line says of a setting. */
export function setInEnvironment(name: keyof Config, value: string): void {
  process.env[name] = value;
}

/** Puts values into the environment that graphs read; what is set already stays. */
export function addToEnvironment(values: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(values)) process.env[name] ??= value;
}

/** tsx keeps what it compiles in the folder for temporary files, and fails where that cannot be written. */
export function adaptToReadOnlyFiles(): void {
  try {
    accessSync(tmpdir(), constants.W_OK);
  } catch {
    addToEnvironment({ TSX_DISABLE_CACHE: '1' });
  }
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
