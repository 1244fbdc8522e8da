import { useCallback, useEffect, useRef, useState } from 'react';
import type { CombinedError, OperationResult } from 'urql';
import { graphql } from '../../gql/gql.ts';
import type { WaitingSessionsQuery } from '../../gql/graphql.ts';
import { type Gateway, documentOf, useGateway } from '../gateway/gateway.ts';
import { useSessionChanges } from '../gateway/use-session-changes.ts';

const WaitingSessions = graphql(`
  query WaitingSessions($after: String) {
    sessions(first: 100, after: $after, filter: { status: [INTERRUPTED] }, orderBy: UPDATED_AT) {
      nodes {
        id
        task
        graphId
        updatedAt
        latestRun {
          id
          finishedAt
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

export type Waiting = WaitingSessionsQuery['sessions']['nodes'][number];

interface WaitingState {
  readonly waiting: readonly Waiting[] | undefined;
  /** Whether there are more of them. */
  readonly isCut: boolean;
  readonly error: CombinedError | undefined;
}

/** Pages of a hundred. */
const MOST_PAGES = 10;

/** The sessions that wait, the one that waits longest first. */
export function useWaiting(): WaitingState & { readonly askAgain: () => void } {
  const { client } = useGateway();
  const [state, setState] = useState<WaitingState>({
    waiting: undefined,
    isCut: false,
    error: undefined,
  });
  const newest = useRef(0);
  const askAgain = useCallback(() => {
    newest.current += 1;
    const asked = newest.current;
    void fetchWaiting(client).then((found) => {
      // One that was asked later may have been answered sooner.
      if (asked === newest.current) setState((before) => ({ ...before, ...found }));
    });
  }, [client]);
  useEffect(askAgain, [askAgain]);
  useSessionChanges(askAgain);
  return { ...state, askAgain };
}

async function fetchWaiting(client: Gateway['client']): Promise<Partial<WaitingState>> {
  const document = documentOf(WaitingSessions);
  const found: Waiting[] = [];
  let after: string | null = null;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const { data, error }: OperationResult<WaitingSessionsQuery> = await client
      .query(document, { after }, { requestPolicy: 'network-only' })
      .toPromise();
    if (data == null || error !== undefined) return { error };
    const { nodes, pageInfo }: WaitingSessionsQuery['sessions'] = data.sessions;
    found.push(...nodes);
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
    if (after === null) break;
  }
  found.sort((a, b) => since(a) - since(b));
  return { waiting: found, isCut: after !== null, error: undefined };
}

function since({ latestRun, updatedAt }: Waiting): number {
  return Date.parse(latestRun?.finishedAt ?? updatedAt);
}
