// What is served: the settings, and the graphs of langgraph.json or of the program.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Config,
  addToEnvironment,
  completeConfig,
  langgraphJsonPath,
  readConfig,
} from './config.ts';
import { type LanggraphJson, langgraphJsonOf, readLanggraphJson } from './graph/langgraph-json.ts';

export interface Project {
  readonly config: Config;
  readonly file: LanggraphJson;
}

export interface ProjectOptions {
  readonly config?: Partial<Config>;
  readonly graphs?: Readonly<Record<string, unknown>>;
}

/**
 * Reads langgraph.json, puts its `env` into the environment, and reads the settings, which may stand there.
 * @throws GatewayError INVALID_INPUT naming the file or the setting
 */
export async function openProject({ config, graphs }: ProjectOptions = {}): Promise<Project> {
  const file =
    graphs === undefined
      ? await readLanggraphJson(config?.LANGGRAPH_JSON ?? langgraphJsonPath())
      : langgraphJsonOf(graphs, join(process.cwd(), 'langgraph.json'));
  addToEnvironment(file.env);
  return { config: completeConfig(config ?? {}), file };
}

/** The settings for a command that needs no graphs, and so no langgraph.json. @throws GatewayError as `openProject` */
export async function openSettings(): Promise<Config> {
  return existsSync(langgraphJsonPath()) ? (await openProject()).config : readConfig();
}
