// Finds items of LangGraph's store by what they mean: each indexed text of an item is a vector, and those nearest to the
// query's come first. The search is exact: it looks at the vectors of all items under a prefix.
import { GatewayError, invalidInput } from '../errors.ts';
import type {
  IndexedItem,
  ItemName,
  ItemStore,
  StoreItem,
  Vectors,
} from '../session/item-store.ts';
import { inBatches } from './batches.ts';

/** What makes vectors of texts, as LangChain's Embeddings do. */
export interface Embeddings {
  embedDocuments(texts: string[]): Promise<number[][]>;
  embedQuery(text: string): Promise<number[]>;
}

export interface StoreIndexOptions {
  readonly embeddings: Embeddings;
  /** How many numbers a vector has. */
  readonly dims: number;
  /** Paths of what is indexed: `a.b`, `list[*].a`, `list[0]`; `$` is the whole value. */
  readonly fields: readonly string[];
}

export interface Ranked {
  readonly name: ItemName;
  /** The cosine of the angle to the query, -1 to 1. */
  readonly score: number;
}

/** How many texts of one item are indexed. */
const MOST_TEXTS = 100;
/** How long the service that makes vectors may take. */
const PATIENCE_MS = 30_000;

export class StoreIndex {
  readonly #embeddings: Embeddings;
  readonly #dims: number;
  readonly #fields: readonly string[];

  constructor({ embeddings, dims, fields }: StoreIndexOptions) {
    this.#embeddings = embeddings;
    this.#dims = dims;
    this.#fields = fields;
  }

  /**
   * @param fields paths in the place of the index's own; false: nothing is indexed
   * @throws GatewayError INVALID_INPUT for a value that has too many texts; BACKEND_UNAVAILABLE where the embeddings cannot
   * be had, or are not of `dims` numbers
   */
  async vectorsOf(
    value: StoreItem['value'],
    fields: readonly string[] | false = this.#fields,
  ): Promise<Vectors> {
    const texts = fields === false ? [] : fields.flatMap((path) => textsAt(value, path));
    if (texts.length === 0) return [];
    if (texts.length > MOST_TEXTS) {
      throw invalidInput(
        `\`store.index\` finds ${texts.length} texts in the item; at most ${MOST_TEXTS} are indexed.`,
      );
    }
    return embedding(async () => {
      const vectors = await this.#embeddings.embedDocuments(texts);
      if (vectors.length !== texts.length)
        throw new Error(`store.index: ${texts.length} texts became ${vectors.length} vectors`);
      return vectors.map((vector) => this.#unit(vector));
    });
  }

  /** All items under the prefix that have vectors, the nearest first. */
  async rank(items: ItemStore, prefix: readonly string[], query: string): Promise<Ranked[]> {
    const wanted = await embedding(async () =>
      this.#unit(await this.#embeddings.embedQuery(query)),
    );
    const ranked: Ranked[] = [];
    const batches = inBatches<IndexedItem>((limit, after) =>
      items.scanVectors(prefix, { limit, after }),
    );
    for await (const batch of batches) {
      for (const { namespace, key, vectors } of batch) {
        const scores = vectors.map((vector) => product(wanted, vector));
        ranked.push({ name: { namespace, key }, score: Math.max(...scores) });
      }
    }
    return ranked.toSorted((a, b) => b.score - a.score);
  }

  /** The vector of length 1 in the same direction. */
  #unit(vector: readonly number[]): Float32Array {
    if (vector.length !== this.#dims) {
      throw new Error(
        `store.index: the embeddings make vectors of ${vector.length} numbers; \`dims\` is ${this.#dims}`,
      );
    }
    if (!vector.every((number) => Number.isFinite(number)))
      throw new Error('store.index: the embeddings make vectors that are not numbers');
    const length = Math.hypot(...vector);
    return Float32Array.from(vector, (number) => (length === 0 ? 0 : number / length));
  }
}

/** Embeddings are of another service, which may be away. */
async function embedding<T>(work: () => Promise<T>): Promise<T> {
  const late = AbortSignal.timeout(PATIENCE_MS);
  try {
    const refused = new Promise<never>((_resolve, reject) => {
      late.addEventListener('abort', () => reject(late.reason as Error), { once: true });
    });
    return await Promise.race([work(), refused]);
  } catch (cause) {
    throw new GatewayError(
      'BACKEND_UNAVAILABLE',
      'The embeddings of `store.index` cannot be had now; try again.',
      { cause },
    );
  }
}

/** Vectors of another length, of an index as it was before, are far from everything. */
function product(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return -1;
  let sum = 0;
  for (let n = 0; n < a.length; n += 1) sum += (a[n] ?? 0) * (b[n] ?? 0);
  return sum;
}

/** The texts at a path; what is no text is taken as its JSON. */
export function textsAt(value: unknown, path: string): string[] {
  const steps = path === '$' ? [] : path.replaceAll('[', '.[').split('.').filter(Boolean);
  let found = [value];
  for (const step of steps) {
    const index = /^\[(\*|\d+)\]$/.exec(step)?.[1];
    found = found.flatMap((each) => {
      if (index !== undefined)
        return Array.isArray(each) ? each.slice(...(index === '*' ? [0] : range(index))) : [];
      return isObject(each) && Object.hasOwn(each, step) ? [each[step]] : [];
    });
  }
  return found
    .filter((each) => each !== undefined && each !== null)
    .map((each) => (typeof each === 'string' ? each : JSON.stringify(each)));
}

function range(index: string): [number, number] {
  return [Number(index), Number(index) + 1];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
