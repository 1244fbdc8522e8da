// langgraph.json, in the format of LangGraph's own CLI.
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { z } from 'zod';
import { invalidInput } from '../errors.ts';

const graphEntry = z.union([
  z.string(),
  z.object({ path: z.string(), description: z.string().optional() }),
]);

const schema = z.object({
  graphs: z
    .record(z.string().regex(/^[\w.-]+$/), graphEntry)
    .refine((graphs) => Object.keys(graphs).length > 0, 'names no graph'),
  env: z.union([z.string(), z.record(z.string(), z.coerce.string())]).optional(),
});

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
}

/** @throws GatewayError INVALID_INPUT naming the file and what is wrong with it. */
export async function readLanggraphJson(path: string): Promise<LanggraphJson> {
  const file = resolve(path);
  const parsed = schema.safeParse(parseJson(file, await readText(file, 'LANGGRAPH_JSON')));
  if (!parsed.success) throw invalidInput(`${file}: ${z.prettifyError(parsed.error)}`);
  const { graphs, env } = parsed.data;
  return {
    graphs: Object.entries(graphs).map(([id, entry]) => toEntry(file, id, entry)),
    env: typeof env === 'string' ? await readEnv(resolve(dirname(file), env)) : (env ?? {}),
  };
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

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalidInput(
      `${file} is not JSON: ${cause instanceof Error ? cause.message : ''}`,
      cause,
    );
  }
}
