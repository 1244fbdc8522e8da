// langgraph.json, in the format of LangGraph's own CLI.
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { closestMatch } from 'leven';
import { z } from 'zod';
import { invalidInput } from '../errors.ts';
import { type ExportEntry, exportEntryOf } from './import-export.ts';

const graphEntry = z.union([
  z.string(),
  z.looseObject({
    path: z.string(),
    description: z.string().optional(),
    graphqlName: z
      .string()
      .regex(/^[A-Z][\dA-Za-z]*$/, 'must be a name such as ExpenseApproval')
      .optional(),
    interrupts: z.string().min(1).optional(),
  }),
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
  auth: z.looseObject({ path: z.string().min(1).nullish() }).nullish(),
  node_version: z.coerce.string().optional(),
  http: z
    .looseObject({
      configurable_headers: z
        .looseObject({
          includes: z.array(z.string()).nullish(),
          include: z.array(z.string()).nullish(),
          excludes: z.array(z.string()).nullish(),
          exclude: z.array(z.string()).nullish(),
        })
        .nullish(),
    })
    .nullish(),
  store: z
    .looseObject({
      index: z
        .looseObject({
          embed: z.string().min(1),
          dims: z.number().int().positive(),
          fields: z.array(z.string().min(1)).min(1).optional(),
        })
        .nullish(),
      ttl: z
        .looseObject({
          default_ttl: z.number().positive().nullish(),
          refresh_on_read: z.boolean().optional(),
          sweep_interval_minutes: z.number().positive().nullish(),
        })
        .nullish(),
    })
    .nullish(),
});

type Json = z.infer<typeof schema>;

const OF_A_GRAPH = ['path', 'description', 'graphqlName', 'interrupts'];

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
/** What of `http` is set elsewhere, or not at all. */
const OF_HTTP: ReadonlyMap<string, string> = new Map([
  ['app', 'routes of your own are not served; mount them beside the gateway'],
  ['cors', 'set CORS_ORIGINS'],
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

export interface GraphEntry extends ExportEntry {
  readonly id: string;
  readonly description: string | null;
  /** What its types in GraphQL are called, if not by its id. */
  readonly graphqlName?: string;
  /** Where the file says which questions it asks. */
  readonly interrupts?: ExportEntry;
  /** What the file would export, where a program gives it. */
  readonly exported?: unknown;
}

/** What the file says of LangGraph's store. */
export interface StoreSettings {
  readonly index?: {
    /** `provider:model`, or embeddings that a file exports. */
    readonly embed: string | ExportEntry;
    readonly dims: number;
    readonly fields: readonly string[];
  };
  readonly ttlMs?: number;
  readonly refreshOnRead: boolean;
}

export interface LanggraphJson {
  readonly graphs: readonly GraphEntry[];
  readonly env: Readonly<Record<string, string>>;
  /** Names of variables that must be in the environment. */
  readonly required: readonly string[];
  /** The sessions' time to live, where SESSION_TTL is not set; undefined where the file names none. */
  readonly sessionTtlMs: number | undefined;
  /** Which headers of clients graphs are given, where GRAPH_HEADERS does not say. */
  readonly graphHeaders: {
    readonly includes: readonly string[];
    readonly excludes: readonly string[];
  };
  /** Where the file says who is calling, and what they may do. */
  readonly auth: ExportEntry | undefined;
  readonly store: StoreSettings;
  /** What of the file has no effect, for the log. */
  readonly warnings: readonly string[];
}

/** @throws GatewayError INVALID_INPUT naming the file and what is wrong with it. */
export async function readLanggraphJson(path: string): Promise<LanggraphJson> {
  const file = resolve(path);
  const parsed = schema.safeParse(parseJson(file, await readText(file, 'LANGGRAPH_JSON')));
  if (!parsed.success) throw invalidInput(`${file}: ${z.prettifyError(parsed.error)}`);
  const json = parsed.data;
  const { auth, graphs, env } = json;
  const headers = json.http?.configurable_headers;
  const minutes = json.checkpointer?.ttl?.default_ttl;
  return {
    graphs: Object.entries(graphs).map(([id, entry]) => toEntry(file, id, entry)),
    env: await environmentOf(file, env),
    required: Array.isArray(env) ? env : [],
    sessionTtlMs: minutes === undefined ? undefined : Math.ceil(minutes * MINUTE_MS),
    graphHeaders: {
      includes: headers?.includes ?? headers?.include ?? [],
      excludes: headers?.excludes ?? headers?.exclude ?? [],
    },
    auth: auth?.path == null ? undefined : exportEntryOf(auth.path, dirname(file)),
    store: storeSettingsOf(dirname(file), json.store),
    warnings: warningsOf(json).map((warning) => `${file}: ${warning}`),
  };
}

/**
 * What a file with these graphs and nothing else would say.
 * @param file what the packages of the graphs are looked up from
 */
export function langgraphJsonOf(
  graphs: Readonly<Record<string, unknown>>,
  file: string,
): LanggraphJson {
  if (Object.keys(graphs).length === 0) throw invalidInput('`graphs` names no graph.');
  return {
    graphs: Object.entries(graphs).map(([id, exported]) => ({
      id,
      description: null,
      file,
      exportName: id,
      exported,
    })),
    env: {},
    required: [],
    sessionTtlMs: undefined,
    graphHeaders: { includes: [], excludes: [] },
    auth: undefined,
    store: storeSettingsOf(dirname(file), undefined),
    warnings: [],
  };
}

function warningsOf(json: Json): string[] {
  const { auth, checkpointer, http, node_version: node, store } = json;
  const keys = Object.keys(json);
  const image = keys.filter((key) => OF_THE_IMAGE.includes(key));
  const major = Number.parseInt(node ?? '', 10);
  const own = process.versions.node.split('.', 1)[0];
  return [
    ...keys.flatMap((key) => {
      const reason = NOT_SERVED.get(key);
      return reason === undefined ? [] : [`\`${key}\` has no effect: ${reason}.`];
    }),
    ...Object.entries(json.graphs).flatMap(([id, entry]) =>
      keysBut(typeof entry === 'string' ? null : entry, OF_A_GRAPH).map((key) => {
        const likely = closestMatch(key, OF_A_GRAPH, { maxDistance: 3 });
        const hint = likely === undefined ? '' : ` Is it \`${likely}\`?`;
        return `\`graphs.${id}.${key}\` is not known, and has no effect.${hint}`;
      }),
    ),
    ...keysBut(http, ['configurable_headers']).map(
      (key) => `\`http.${key}\` has no effect: ${OF_HTTP.get(key) ?? 'there is no such route'}.`,
    ),
    ...keysBut(store, ['index', 'ttl']).map(
      (key) => `\`store.${key}\` has no effect: it is not known.`,
    ),
    ...keysBut(store?.index, ['embed', 'dims', 'fields']).map(
      (key) => `\`store.index.${key}\` has no effect: it is not known.`,
    ),
    ...keysBut(store?.ttl, ['default_ttl', 'refresh_on_read']).map(
      (key) => `\`store.ttl.${key}\` has no effect: expired items are gone at once.`,
    ),
    ...keysBut(auth, ['path']).map((key) => `\`auth.${key}\` has no effect.`),
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
  const {
    path,
    description = null,
    graphqlName,
    interrupts,
  } = typeof entry === 'string' ? { path: entry } : entry;
  const folder = dirname(file);
  return {
    id,
    description,
    ...(graphqlName !== undefined && { graphqlName }),
    ...(interrupts !== undefined && { interrupts: exportEntryOf(interrupts, folder) }),
    ...exportEntryOf(path, folder),
  };
}

/** Where embeddings are a file's, and not of a provider: `./embed.ts:embeddings`. */
const FILE = /^\.{0,2}\/|\.[cm]?[jt]sx?(:|$)/;

function storeSettingsOf(folder: string, store: Json['store']): StoreSettings {
  const { index, ttl } = store ?? {};
  const minutes = ttl?.default_ttl ?? undefined;
  return {
    ...(index && {
      index: {
        embed: FILE.test(index.embed) ? exportEntryOf(index.embed, folder) : index.embed,
        dims: index.dims,
        fields: index.fields ?? ['$'],
      },
    }),
    ...(minutes !== undefined && { ttlMs: Math.ceil(minutes * MINUTE_MS) }),
    // LangGraph's own default.
    refreshOnRead: Boolean(ttl) && (ttl?.refresh_on_read ?? true),
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
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    const hint =
      isMissing && what === 'LANGGRAPH_JSON'
        ? ' `session-gateway init` writes one with a first graph.'
        : '';
    throw invalidInput(`${what}: ${file} cannot be read.${hint}`, cause);
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
