// Operations by their hash: with them the server executes what its own programs were built with, and nothing else.
import { readFile } from 'node:fs/promises';
import { parse, validate } from 'graphql';
import { z } from 'zod';
import { GatewayError, describeError, invalidInput } from '../errors.ts';
import { schema } from './schema.ts';

/** What a client sends to name its document. */
export interface DocumentRequest {
  readonly query?: string | null | undefined;
  /** As codegen's clients and GraphQL over HTTP name it. */
  readonly documentId?: unknown;
  /** As Apollo's clients name it. */
  readonly extensions?: unknown;
}

const file = z.record(z.string(), z.string());
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
   * Adds those of a file of ours.
   * @throws GatewayError INVALID_INPUT where the file, or a document in it, is not as it must be; its `name` is told
   */
  async read(name: string, path: string): Promise<void> {
    const documents = await documentsIn(name, path);
    for (const [id, text] of Object.entries(documents)) {
      const [problem] = problemsOf(text);
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
   * @throws GatewayError PERSISTED_QUERY_NOT_FOUND
   */
  textOf({ query, documentId, extensions }: DocumentRequest): string | undefined {
    const hasText = typeof query === 'string' && query !== '';
    if (hasText && (!this.#areAll || this.#texts.has(query))) return query;
    const id = documentId ?? apollo.safeParse(extensions).data?.persistedQuery.sha256Hash;
    const text = typeof id === 'string' ? this.#byId.get(bare(id)) : undefined;
    // With its text, a client may register it; here what is not in the file stays unknown.
    if (text !== undefined && (!query || query === text)) return text;
    if (!this.#areAll && typeof id !== 'string') return undefined;
    throw new GatewayError(
      'PERSISTED_QUERY_NOT_FOUND',
      this.#areAll
        ? 'This server executes only the operations it was given; name one by its `documentId`.'
        : 'No operation of this id is known here; send its text.',
    );
  }
}

/** Codegen writes the name of the hash before it, and sends it so or without. */
function bare(id: string): string {
  return id.replace(/^sha256:/, '');
}

async function documentsIn(name: string, path: string): Promise<Record<string, string>> {
  try {
    return file.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    throw invalidInput(
      `${name} must be a JSON file of documents by their hash: ${describeError(cause)}`,
      cause,
    );
  }
}

function problemsOf(text: string): readonly string[] {
  try {
    return validate(schema, parse(text)).map(({ message }) => message);
  } catch (error) {
    return [describeError(error)];
  }
}
