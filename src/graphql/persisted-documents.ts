// Operations by their hash: with them the server executes what its own programs were built with, and nothing else.
import { readFile } from 'node:fs/promises';
import { type GraphQLSchema, parse, validate } from 'graphql';
import { z } from 'zod';
import { GatewayError, describeError, invalidInput } from '../errors.ts';

/** What a client sends to name its document. */
export interface DocumentRequest {
  readonly query?: string | null | undefined;
  /** As codegen's clients and GraphQL over HTTP name it. */
  readonly documentId?: unknown;
  /** As Apollo's clients name it. */
  readonly extensions?: unknown;
}

const byHash = z.record(z.string(), z.string());
/** What Apollo's `generate-persisted-query-manifest` writes. */
const manifest = z
  .object({
    format: z.literal('apollo-persisted-query-manifest'),
    version: z.literal(1),
    operations: z.array(z.object({ id: z.string(), body: z.string() })),
  })
  .transform(({ operations }) =>
    Object.fromEntries(operations.map(({ id, body }) => [id, body] as const)),
  );
const file = z.union([manifest, byHash]);
const apollo = z.object({ persistedQuery: z.object({ sha256Hash: z.string() }) });

/** Documents by their ids. */
export class PersistedDocuments {
  readonly #byId = new Map<string, string>();
  readonly #texts = new Set<string>();
  readonly #areAll: boolean;

  /** @param areAll whether other operations are refused */
  constructor(areAll: boolean) {
    this.#areAll = areAll;
  }

  /**
   * Adds those of a file, each of which must fit the schema that it is executed by.
   * @throws GatewayError INVALID_INPUT where the file, or a document in it, is not as it must be; its `name` is told
   */
  async read(
    name: string,
    path: string,
    schemaFor: (operation: string) => GraphQLSchema,
  ): Promise<void> {
    const documents = await documentsIn(name, path);
    for (const [id, text] of Object.entries(documents)) {
      const [problem] = problemsOf(text, schemaFor(text));
      if (problem !== undefined) throw invalidInput(`${name}: document ${id}: ${problem}`);
    }
    this.#add(documents);
  }

  /** Adds those of a file that was checked when it was made. */
  async readChecked(path: string): Promise<void> {
    this.#add(await documentsIn(path, path));
  }

  #add(documents: Readonly<Record<string, string>>): void {
    for (const [id, text] of Object.entries(documents)) {
      this.#byId.set(bare(id), text);
      this.#texts.add(text);
    }
  }

  /**
   * The text of the document that is asked for, by its id or in full; undefined where none is named and any may be sent.
   * @throws GatewayError PERSISTED_QUERY_NOT_FOUND; PERSISTED_QUERY_NOT_SUPPORTED for automatic persisted queries, which
   * clients then turn off
   */
  textOf({ query, documentId, extensions }: DocumentRequest): string | undefined {
    const hasText = typeof query === 'string' && query !== '';
    if (hasText && (!this.#areAll || this.#texts.has(query))) return query;
    const hash = apollo.safeParse(extensions).data?.persistedQuery.sha256Hash;
    const id = documentId ?? hash;
    const text = typeof id === 'string' ? this.#byId.get(bare(id)) : undefined;
    // With its text, a client may register it; here what is not in the file stays unknown.
    if (text !== undefined && (!query || query === text)) return text;
    if (!this.#areAll && typeof id !== 'string') return undefined;
    if (!this.#areAll && id === hash)
      throw new GatewayError('PERSISTED_QUERY_NOT_SUPPORTED', 'PersistedQueryNotSupported');
    throw new GatewayError('PERSISTED_QUERY_NOT_FOUND', this.#notFound(hasText, id === hash));
  }

  /** Clients of automatic persisted queries look for the messages of Apollo's server. */
  #notFound(hasText: boolean, isAutomatic: boolean): string {
    if (!hasText && isAutomatic) return 'PersistedQueryNotFound';
    return this.#areAll
      ? 'This server executes only the operations it was given; name one by its `documentId`.'
      : 'No operation of this id is known here; send its text.';
  }
}

/** Codegen writes the name of the hash before it, and sends it so or without. */
function bare(id: string): string {
  return id.replace(/^sha256:/, '');
}

async function documentsIn(name: string, path: string): Promise<Record<string, string>> {
  const must = `${name} must be a JSON file of documents by their hash, or a manifest of Apollo's`;
  let content: unknown;
  try {
    content = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw invalidInput(`${must}: ${describeError(cause)}`, cause);
  }
  const { data } = file.safeParse(content);
  if (data === undefined) throw invalidInput(`${must}.`);
  return data;
}

function problemsOf(text: string, schema: GraphQLSchema): readonly string[] {
  try {
    return validate(schema, parse(text)).map(({ message }) => message);
  } catch (error) {
    return [describeError(error)];
  }
}
