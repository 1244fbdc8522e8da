// What stands in a session's checkpoints: their documents, the values of their channels and their pending writes.
import type { Checkpoint } from '@langchain/langgraph-checkpoint';
import type { CheckpointPlace } from '../../session/ports.ts';
import type { Command, RedisDatabase } from './database.ts';
import { type WriteDocument, inOrder } from './documents.ts';
import { saverKeys } from './keys.ts';
import { pairs } from './replies.ts';

/** A checkpoint with its channels and its pending writes, in JSON as far as the serializer must read it. */
export interface CheckpointDocuments {
  readonly threadId: string;
  readonly namespace: string;
  readonly parentId: string | null;
  readonly checkpoint: Omit<Checkpoint, 'channel_values'>;
  readonly metadata: unknown;
  readonly values: readonly (readonly [channel: string, json: string])[];
  readonly writes: readonly WriteDocument[];
}

interface CheckpointDocument {
  readonly parent_checkpoint_id: string | null;
  readonly checkpoint: Checkpoint;
  readonly metadata: unknown;
}

/** What an older epoch wrote where a newer one wrote again. */
interface Replaced {
  readonly field: string;
  readonly key: string;
  readonly epoch: number;
  readonly replacedEpoch: number;
  readonly write: WriteDocument;
}

export class RedisCheckpointTuples {
  readonly #database: RedisDatabase;

  constructor(database: RedisDatabase) {
    this.#database = database;
  }

  /**
   * Tuples in three round trips, however many. With `writesUpTo`, a place's writes as they were when that epoch was
   * the newest; with `channels`, only the values of these.
   */
  async read(
    places: readonly (CheckpointPlace & { readonly writesUpTo?: number | undefined })[],
    channels: readonly string[] | null = null,
  ): Promise<(CheckpointDocuments | undefined)[]> {
    const looks = await this.#database.look(
      places.flatMap(({ sessionId, namespace, checkpointId }): Command[] => [
        ['JSON.GET', saverKeys.checkpoint(sessionId, namespace, checkpointId)],
        ['ZRANGE', saverKeys.writes(sessionId, namespace, checkpointId), 0, -1],
      ]),
    );
    const found = places.map((place, n) => {
      const json = looks[2 * n] as string | null;
      const document = json === null ? undefined : (JSON.parse(json) as CheckpointDocument);
      const versions = Object.entries(document?.checkpoint.channel_versions ?? {}).filter(
        ([channel]) => channels === null || channels.includes(channel),
      );
      const blobKeys = versions.map(([channel, version]) =>
        saverKeys.blob(place.sessionId, place.namespace, channel, version),
      );
      return { place, document, versions, blobKeys, writeKeys: looks[2 * n + 1] as string[] };
    });
    const allBlobs = found.flatMap(({ blobKeys }) => blobKeys);
    const [near, exact, writes] = await Promise.all([
      this.jsonOf(allBlobs, '$.value'),
      this.jsonOf(allBlobs, '$.exact'),
      this.#writesOf(found),
    ]);
    let first = 0;
    return found.map(({ place, document, versions }, n): CheckpointDocuments | undefined => {
      if (document === undefined) return undefined;
      const { channel_values: inside, ...checkpoint } = document.checkpoint;
      const begin = first;
      first += versions.length;
      return {
        threadId: place.sessionId,
        namespace: place.namespace,
        parentId: document.parent_checkpoint_id,
        checkpoint,
        metadata: document.metadata,
        values: versions.flatMap(([channel], index): [string, string][] => {
          const text = exact[begin + index] ?? null;
          if (text !== null) return [[channel, (JSON.parse(text) as [string])[0]]];
          const blob = near[begin + index] ?? null;
          if (blob !== null) return [[channel, blob.slice(1, -1)]];
          // A stock saver keeps what a step has changed in the checkpoint itself too.
          return channel in inside ? [[channel, JSON.stringify(inside[channel])]] : [];
        }),
        writes: inOrder(writes[n] ?? []),
      };
    });
  }

  /** JSON of each document's metadata. */
  async readMetadata(places: readonly CheckpointPlace[]): Promise<(string | undefined)[]> {
    const keys = places.map(({ sessionId, namespace, checkpointId }) =>
      saverKeys.checkpoint(sessionId, namespace, checkpointId),
    );
    const texts = await this.jsonOf(keys, '$.metadata');
    return texts.map((text) => text?.slice(1, -1));
  }

  /** What newer epochs have written over, of one checkpoint. */
  async replaced(sessionId: string, namespace: string, checkpointId: string): Promise<Replaced[]> {
    const [flat] = (await this.#database.look([
      ['HGETALL', this.#keys.replaced(sessionId, namespace, checkpointId)],
    ])) as [string[]];
    return pairs(flat).map(([field, text]) => {
      const [, key = '', epoch = ''] = /^(.*) (\d+)$/s.exec(field) ?? [];
      const [, replacedEpoch = '', json = ''] = /^(\d+) (.*)$/s.exec(text) ?? [];
      const [write] = JSON.parse(json) as [WriteDocument];
      return { field, key, epoch: Number(epoch), replacedEpoch: Number(replacedEpoch), write };
    });
  }

  /** Whole documents; null where there is none. */
  async documentsOf<Content>(keys: readonly string[]): Promise<(Content | null)[]> {
    const texts = await this.jsonOf(keys, '$');
    return texts.map((text) =>
      text === null ? null : ((JSON.parse(text) as [Content])[0] ?? null),
    );
  }

  /** The JSON at a path of each document, within an array; null where there is none. */
  async jsonOf(keys: readonly string[], path: string): Promise<(string | null)[]> {
    if (keys.length === 0) return [];
    const [texts] = (await this.#database.look([['JSON.MGET', ...keys, path]])) as [
      (string | null)[],
    ];
    return texts.map((text) => (text === '[]' ? null : text));
  }

  get #keys() {
    return this.#database.keys;
  }

  /** The writes of each of these checkpoints. */
  async #writesOf(
    found: readonly {
      readonly place: CheckpointPlace & { readonly writesUpTo?: number | undefined };
      readonly writeKeys: readonly string[];
    }[],
  ): Promise<WriteDocument[][]> {
    const documents = await this.documentsOf<WriteDocument>(
      found.flatMap(({ writeKeys }) => writeKeys),
    );
    let first = 0;
    const current = found.map(({ writeKeys }) => {
      const own = documents.slice(first, first + writeKeys.length);
      first += writeKeys.length;
      return own.filter((write) => write !== null);
    });
    return Promise.all(
      found.map(async ({ place, writeKeys }, n) => {
        const { sessionId, namespace, checkpointId, writesUpTo: upToEpoch } = place;
        if (upToEpoch === undefined) return current[n] ?? [];
        const replaced =
          writeKeys.length === 0 ? [] : await this.replaced(sessionId, namespace, checkpointId);
        return [
          ...(current[n] ?? []).filter(({ epoch = 0 }) => epoch <= upToEpoch),
          ...replaced
            .filter(({ epoch, replacedEpoch }) => epoch <= upToEpoch && replacedEpoch > upToEpoch)
            .map(({ write }) => write),
        ];
      }),
    );
  }
}
