// langgraph.json, in the format of LangGraph's own CLI.
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { closestMatch } from 'leven';
import { z } from 'zod';
import { invalidInput } from '../errors.ts';

const graphEntry = z.union([
  z.string(),
  z.object({ path: z.string(), description: z.string().optional() }),
]);

const schema = z.looseObject({
  graphs: z
    .record(
      z
        .string()
        .regex(/^\P{Cc}+$/u)
        .max(255),
      graphEntry,
    )
    .refine((graphs) => Object.keys(graphs).length > 0, 'names no graph'),
  // A list names variables that the environment must have.
  env: z
    .union([z.string(), z.array(z.string()), z.record(z.string(), z.coerce.string())])
    .optional(),
  checkpointer: z
    .looseObject({
      ttl: z.looseObject({ default_ttl: z.number().positive().optional() }).optional(),
    })
    .nullish(),
  node_version: z.coerce.string().optional(),
  http: z.record(z.string(), z.unknown()).nullish(),
  store: z.record(z.string(), z.unknown()).nullish(),
});

type Json = z.infer<typeof schema>;

const MINUTE_MS = 60_000;

/** What LangGraph's CLI needs to build an image, and where an editor finds the format. */
const OF_THE_IMAGE = [
  'api_version',
  'base_image',
  'dependencies',
  'dockerfile_lines',
  'image_distro',
  'keep_pkg_tools',
  'node_loader',
  'pip_config_file',
  'pip_installer',
  'python_version',
];
/** What the gateway does not do, and what does it instead. */
const NOT_SERVED: ReadonlyMap<string, string> = new Map([
  ['ui', 'components of generative UI are not served; serve them from your own application'],
  ['ui_config', 'components of generative UI are not served'],
  ['webhooks', 'there are no webhooks; watch sessions by `sessionProgress`'],
  ['encryption', 'nothing is encrypted by the file; use a database that encrypts'],
]);
/** What of `store` this version does not do. */
const OF_STORE: ReadonlyMap<string, string> = new Map([
  ['index', 'items are found by their namespace and a filter, not by meaning'],
  ['ttl', 'items of the store do not expire'],
]);
/** What of `http` is set elsewhere, or not at all. */
const OF_HTTP: ReadonlyMap<string, string> = new Map([
  ['app', 'routes of your own are not served; mount them beside the gateway'],
  ['cors', 'set CORS_ORIGINS'],
  ['configurable_headers', 'no header reaches a graph'],
]);
const KNOWN = [
  '$schema',
  'auth',
  'checkpointer',
  'env',
  'graphs',
  'http',
  'node_version',
  'store',
  ...OF_THE_IMAGE,
  ...NOT_SERVED.keys(),
];

export interface GraphEntry {
  readonly id: string;
  readonly description: string | null;
  /** Absolute path of the file that exports the graph. */
  readonly file: string;
  readonly exportName: string;
}

export interface LanggraphJson {
  readonly graphs: readonly GraphEntry[];
  readonly env: Readonly<Record<string, string>>;
  /** Names of variables that must be in the environment. */
  readonly required: readonly string[];
  /** The sessions' time to live, where SESSION_TTL is not set; undefined where the file names none. */
  readonly sessionTtlMs: number | undefined;
  /** What of the file has no effect, for the log. */
  readonly warnings: readonly string[];
}

/** @throws GatewayError INVALID_INPUT naming the file and what is wrong with it. */
export async function readLanggraphJson(path: string): Promise<LanggraphJson> {
  const file = resolve(path);
  const parsed = schema.safeParse(parseJson(file, await readText(file, 'LANGGRAPH_JSON')));
  if (!parsed.success) throw invalidInput(`${file}: ${z.prettifyError(parsed.error)}`);
  const json = parsed.data;
  if ((json['auth'] ?? null) !== null) {
    throw invalidInput(
      `${file}: \`auth\` is not supported, and without it everybody would be let in. Take it out of the file that ` +
        'LANGGRAPH_JSON names, and set a key for tokens (JWT_SECRET, JWT_PUBLIC_KEY, JWT_JWKS_URL) or `createGateway({ authenticate })`.',
    );
  }
  const { graphs, env } = json;
  const minutes = json.checkpointer?.ttl?.default_ttl;
  return {
    graphs: Object.entries(graphs).map(([id, entry]) => toEntry(file, id, entry)),
    env: await environmentOf(file, env),
    required: Array.isArray(env) ? env : [],
    sessionTtlMs: minutes === undefined ? undefined : Math.ceil(minutes * MINUTE_MS),
    warnings: warningsOf(json).map((warning) => `${file}: ${warning}`),
  };
}

function warningsOf(json: Json): string[] {
  const { checkpointer, http, node_version: node, store } = json;
  const keys = Object.keys(json);
  const image = keys.filter((key) => OF_THE_IMAGE.includes(key));
  const major = Number.parseInt(node ?? '', 10);
  const own = process.versions.node.split('.', 1)[0];
  return [
    ...keys.flatMap((key) => {
      const reason = NOT_SERVED.get(key);
      return reason === undefined ? [] : [`\`${key}\` has no effect: ${reason}.`];
    }),
    ...Object.keys(http ?? {}).map(
      (key) => `\`http.${key}\` has no effect: ${OF_HTTP.get(key) ?? 'there is no such route'}.`,
    ),
    ...Object.keys(store ?? {}).map(
      (key) => `\`store.${key}\` has no effect: ${OF_STORE.get(key) ?? 'it is not known'}.`,
    ),
    ...keysBut(checkpointer?.ttl, ['default_ttl']).map(
      (key) => `\`checkpointer.ttl.${key}\` has no effect: sessions expire whole, within seconds.`,
    ),
    ...keysBut(checkpointer, ['ttl']).map(
      (key) => `\`checkpointer.${key}\` has no effect: ENV names where checkpoints are kept.`,
    ),
    ...(Number.isNaN(major) || String(major) === own
      ? []
      : [`\`node_version\` is ${node}; this is Node ${process.versions.node}.`]),
    ...(image.length === 0
      ? []
      : [`\`${image.join('`, `')}\` concern LangGraph's own image, and have no effect here.`]),
    ...keys
      .filter((key) => !KNOWN.includes(key))
      .map((key) => {
        const likely = closestMatch(key, KNOWN, { maxDistance: 3 });
        const hint = likely === undefined ? '' : ` Is it \`${likely}\`?`;
        return `\`${key}\` is not known, and has no effect.${hint}`;
      }),
  ];
}

function keysBut(value: object | null | undefined, known: readonly string[]): string[] {
  return Object.keys(value ?? {}).filter((key) => !known.includes(key));
}

async function environmentOf(file: string, env: Json['env']): Promise<Record<string, string>> {
  if (env === undefined || Array.isArray(env)) return {};
  return typeof env === 'string' ? readEnv(resolve(dirname(file), env)) : env;
}

function toEntry(file: string, id: string, entry: z.infer<typeof graphEntry>): GraphEntry {
  const target = typeof entry === 'string' ? entry : entry.path;
  const colon = target.lastIndexOf(':');
  // A colon at 1 is a Windows drive.
  const [path, exportName] =
    colon > 1 ? [target.slice(0, colon), target.slice(colon + 1)] : [target, 'default'];
  return {
    id,
    description: typeof entry === 'string' ? null : (entry.description ?? null),
    file: resolve(dirname(file), path),
    exportName,
  };
}

async function readEnv(file: string): Promise<Record<string, string>> {
  const values = Object.entries(parseEnv(await readText(file, 'env')));
  return Object.fromEntries(
    values.flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}

async function readText(file: string, what: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw invalidInput(`${what}: ${file} cannot be read.`, cause);
  }
}

export function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalidInput(
      `${file} is not JSON: ${cause instanceof Error ? cause.message : ''}`,
      cause,
    );
  }
}
