// What langgraph.json says of LangGraph's store, made ready: the embeddings of its index are loaded.
import { GatewayError, messageFor } from '../errors.ts';
import { importExport } from './import-export.ts';
import type { ItemsOptions } from './items.ts';
import type { StoreSettings } from './langgraph-json.ts';
import { manifestOf, modulesOf } from './project-packages.ts';
import { type Embeddings, StoreIndex } from './store-index.ts';

/** Which package of LangChain's has the embeddings of a provider, as langgraph.json names it. */
const PROVIDERS: Readonly<Record<string, readonly [packageName: string, className: string]>> = {
  azure_openai: ['@langchain/openai', 'AzureOpenAIEmbeddings'],
  bedrock: ['@langchain/aws', 'BedrockEmbeddings'],
  cohere: ['@langchain/cohere', 'CohereEmbeddings'],
  google_genai: ['@langchain/google-genai', 'GoogleGenerativeAIEmbeddings'],
  google_vertexai: ['@langchain/google-vertexai', 'VertexAIEmbeddings'],
  mistralai: ['@langchain/mistralai', 'MistralAIEmbeddings'],
  ollama: ['@langchain/ollama', 'OllamaEmbeddings'],
  openai: ['@langchain/openai', 'OpenAIEmbeddings'],
};

type EmbeddingsClass = new (options: { model: string }) => Embeddings;

/**
 * @param project a file of the graphs' project: providers' packages are taken from there
 * @throws GatewayError INVALID_INPUT saying what of the embeddings cannot be had
 */
export async function openStoreSettings(
  { index, ttlMs, refreshOnRead }: StoreSettings,
  project: string,
  warn: (warning: string) => void,
): Promise<ItemsOptions> {
  if (index === undefined) return { ttlMs, refreshOnRead };
  const { embed, dims, fields } = index;
  try {
    const embeddings =
      typeof embed === 'string'
        ? await embeddingsOf(embed, project)
        : toEmbeddings(await importExport(embed, warn));
    return { ttlMs, refreshOnRead, index: new StoreIndex({ embeddings, dims, fields }) };
  } catch (cause) {
    const name = typeof embed === 'string' ? embed : `${embed.file}:${embed.exportName}`;
    throw new GatewayError(
      'INVALID_INPUT',
      `\`store.index.embed\` of langgraph.json (${name}) does not load: ${messageFor(cause)}`,
      { cause },
    );
  }
}

async function embeddingsOf(name: string, project: string): Promise<Embeddings> {
  const colon = name.indexOf(':');
  const [provider, model] = [name.slice(0, colon), name.slice(colon + 1)];
  const [packageName, className] = PROVIDERS[provider] ?? [];
  if (colon < 1 || packageName === undefined || className === undefined) {
    throw new Error(
      `it is not a file, and its provider is none of ${Object.keys(PROVIDERS).join(', ')}`,
    );
  }
  const manifest = manifestOf(packageName, project);
  if (manifest === undefined) throw new Error(`install ${packageName} beside the graphs`);
  const [module] = await modulesOf(manifest, ['.']);
  const Class = (module as Record<string, EmbeddingsClass | undefined>)[className];
  if (Class === undefined) throw new Error(`${packageName} has no ${className}`);
  return new Class({ model });
}

/** Embeddings, or a function that makes vectors of texts. */
function toEmbeddings(exported: unknown): Embeddings {
  if (typeof exported === 'function') {
    const embed = exported as (texts: string[]) => Promise<number[][]>;
    return {
      embedDocuments: async (texts) => embed(texts),
      embedQuery: async (text) => (await embed([text]))[0] ?? [],
    };
  }
  const { embedDocuments, embedQuery } = (exported ?? {}) as Partial<Embeddings>;
  if (typeof embedDocuments === 'function' && typeof embedQuery === 'function')
    return exported as Embeddings;
  throw new Error('it exports neither Embeddings of LangChain nor a function of texts');
}
