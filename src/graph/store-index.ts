// Finds items of LangGraph's store by what they mean: each indexed text of an item is a vector, and those nearest to the
// query's come first. The search is exact: it looks at the vectors of all items under a prefix.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ItemName, ItemStore, StoreItem, Vectors } from '../session/item-store.ts';

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

const COMPARED_AT_ONCE = 500;

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
   * @throws Error where the embeddings do not make vectors of `dims` numbers
   */
  async vectorsOf(
    value: StoreItem['value'],
    fields: readonly string[] | false = this.#fields,
  ): Promise<Vectors> {
    const texts = fields === false ? [] : fields.flatMap((path) => textsAt(value, path));
    if (texts.length === 0) return [];
    const vectors = await this.#embeddings.embedDocuments(texts);
    if (vectors.length !== texts.length)
      throw new Error(`store.index: ${texts.length} texts became ${vectors.length} vectors`);
    return vectors.map((vector) => this.#unit(vector));
  }

  /** All items under the prefix that have vectors, the nearest first. */
  async rank(items: ItemStore, prefix: readonly string[], query: string): Promise<Ranked[]> {
    const wanted = this.#unit(await this.#embeddings.embedQuery(query));
    const ranked: Ranked[] = [];
    let after: ItemName | null = null;
    for (;;) {
      const some = await items.scanVectors(prefix, { limit: COMPARED_AT_ONCE, after });
      for (const { namespace, key, vectors } of some) {
        const scores = vectors.map((vector) => product(wanted, vector));
        ranked.push({ name: { namespace, key }, score: Math.max(...scores) });
      }
      after = some.at(-1) ?? null;
      if (some.length < COMPARED_AT_ONCE) break;
      await nextTurn();
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
    const length = Math.hypot(...vector);
    return Float32Array.from(vector, (number) => (length === 0 ? 0 : number / length));
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
