import type { DocumentNode } from 'graphql';
import { LRUCache } from 'lru-cache';

/** A document takes about 200 times as much memory as its text has characters. */
const KEPT_CHARACTERS = 512 * 1024;
const KEPT_DOCUMENTS = 1000;

/** Documents that were parsed and found valid, by their text, as long as there is room. */
export class Documents {
  readonly #byText = new LRUCache<string, DocumentNode>({
    max: KEPT_DOCUMENTS,
    maxSize: KEPT_CHARACTERS,
    sizeCalculation: (_document, text) => text.length + 1,
  });
  readonly #valid = new WeakSet<DocumentNode>();

  find(text: string): DocumentNode | undefined {
    return this.#byText.get(text);
  }

  /** Whether its text is known, which makes it cheap. */
  has(text: string): boolean {
    return this.#byText.has(text);
  }

  isValid(document: DocumentNode): boolean {
    return this.#valid.has(document);
  }

  keep(document: DocumentNode): void {
    const text = document.loc?.source.body;
    if (text === undefined || this.#valid.has(document)) return;
    this.#valid.add(document);
    this.#byText.set(text, document);
  }
}
