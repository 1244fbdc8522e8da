import type { CombinedError } from 'urql';
import type { CheckpointStateQuery } from '../../gql/graphql.ts';
import { isMissing } from '../gateway/errors.ts';
import { useAnswer } from '../gateway/use-answer.ts';
import { CheckpointState } from './documents.ts';

export type ReadCheckpoint = NonNullable<CheckpointStateQuery['checkpoint']>;

export type CheckpointAnswer =
  | { readonly is: 'loading' | 'missing' }
  | { readonly is: 'failed'; readonly error: CombinedError; readonly retry: () => void }
  | { readonly is: 'read'; readonly checkpoint: ReadCheckpoint };

/**
 * A checkpoint with its state, which never changes.
 * @param known it, where it is there already
 * @param namespace the subgraph that it is of; the graph itself when left out
 */
export function useCheckpoint(
  sessionId: string,
  checkpointId: string | null,
  known?: ReadCheckpoint | null,
  namespace: string | null = null,
): CheckpointAnswer {
  const isKnown = known != null && known.checkpointId === checkpointId && namespace === null;
  const [{ data, error }, askAgain] = useAnswer(
    CheckpointState,
    { id: sessionId, checkpointId: checkpointId ?? '', namespace },
    { pause: isKnown || checkpointId === null, requestPolicy: 'cache-first' },
  );
  if (isKnown) return { is: 'read', checkpoint: known };
  if (checkpointId === null) return { is: 'missing' };
  if (data === undefined)
    return error === undefined
      ? { is: 'loading' }
      : isMissing(error)
        ? { is: 'missing' }
        : { is: 'failed', error, retry: askAgain };
  return data.checkpoint === null ? { is: 'missing' } : { is: 'read', checkpoint: data.checkpoint };
}
