// Channel values as PostgresSaver stores them: apart from their checkpoint, by channel and version, so that a value
// that did not change is stored once. All of a checkpoint's travel as one run of bytes with offsets.
import { Buffer } from 'node:buffer';
import type { Checkpoint, SerializerProtocol } from '@langchain/langgraph-checkpoint';
import type { StoredCheckpoint } from '../../session/ports.ts';
import { toBlob } from '../stored-form.ts';

/** Columns of equal length; `start` counts from 1, as SQL does. An `empty` channel has no bytes. */
export interface PackedBlobs {
  readonly channels: string[];
  readonly versions: string[];
  readonly types: string[];
  readonly starts: number[];
  readonly lengths: number[];
  readonly bytes: Buffer;
}

interface Blob {
  readonly channel: string;
  readonly version: string;
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** The channels that a step has written. */
export async function packChannels(
  serde: SerializerProtocol,
  values: Readonly<Record<string, unknown>>,
  versions: Readonly<Record<string, string | number>>,
): Promise<PackedBlobs> {
  const blobs = await Promise.all(
    Object.entries(versions).map(async ([channel, version]): Promise<Blob> => {
      const [type, bytes] =
        channel in values
          ? await serde.dumpsTyped(values[channel])
          : (['empty', new Uint8Array()] as const);
      return { channel, version: String(version), type, bytes };
    }),
  );
  return pack(blobs);
}

/** A checkpoint that was serialized whole, taken apart. */
export function splitCheckpoint(stored: Pick<StoredCheckpoint, 'checkpoint'>): {
  checkpoint: string;
  blobs: PackedBlobs;
} {
  const { channel_values, ...checkpoint } = JSON.parse(
    Buffer.from(stored.checkpoint).toString(),
  ) as Checkpoint;
  const blobs = Object.entries(channel_values).map(([channel, value]) => ({
    channel,
    version: String(checkpoint.channel_versions[channel] ?? ''),
    type: 'json',
    bytes: Buffer.from(JSON.stringify(value)),
  }));
  return { checkpoint: JSON.stringify(checkpoint), blobs: pack(blobs) };
}

export function pack(blobs: readonly Blob[]): PackedBlobs {
  let end = 0;
  const starts = blobs.map(({ bytes }) => {
    const start = end + 1;
    end += bytes.byteLength;
    return start;
  });
  return {
    channels: blobs.map(({ channel }) => channel),
    versions: blobs.map(({ version }) => version),
    types: blobs.map(({ type }) => type),
    starts,
    lengths: blobs.map(({ bytes }) => bytes.byteLength),
    bytes: Buffer.concat(blobs.map(({ bytes }) => toBlob(bytes))),
  };
}

/** The parts of one run of bytes, which a driver reads faster than an array of them. */
export function unpack(
  lengths: readonly (number | null)[] | null,
  bytes: Uint8Array | null,
): Uint8Array[] {
  let end = 0;
  return (lengths ?? []).map((length) => {
    const start = end;
    end += length ?? 0;
    return bytes?.subarray(start, end) ?? new Uint8Array();
  });
}

/**
 * JSON text as JSONB takes it: without the NUL character, which LangGraph drops as well, and without half a surrogate
 * pair. JSON.stringify writes both as escapes, and nothing else so.
 */
export function toJsonb(json: string): string {
  return json.replaceAll(/(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})/g, '$1');
}
