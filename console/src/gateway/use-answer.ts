import { useMemo, useRef } from 'react';
import { type AnyVariables, type CombinedError, type RequestPolicy, useQuery } from 'urql';
import type { TypedDocumentString } from '../../gql/graphql.ts';
import { documentOf } from './gateway.ts';

interface Options {
  /** Not asked while it is true. */
  readonly pause?: boolean;
  readonly requestPolicy?: RequestPolicy;
}

export interface Answer<Result> {
  /** The last that was good: a request that fails takes nothing away. */
  readonly data: Result | undefined;
  readonly error: CombinedError | undefined;
  /** Whether it is asked again. */
  readonly fetching: boolean;
}

/** What the gateway answers to a query, and a function that asks again. */
export function useAnswer<Result, Variables extends AnyVariables>(
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
  { pause = false, requestPolicy = 'cache-and-network' }: Options = {},
): [Answer<Result>, askAgain: () => void] {
  const query = useMemo(() => documentOf(document), [document]);
  const [{ data, error, fetching, stale }, ask] = useQuery<Result, Variables>({
    query,
    variables,
    pause,
    requestPolicy,
  });
  const key = JSON.stringify(variables);
  const last = useRef<{ key: string; data: Result | undefined }>({ key, data: undefined });
  if (last.current.key !== key) last.current = { key, data: undefined };
  // Where the root of an answer failed, it is null.
  if (data != null && error === undefined) last.current.data = data;
  return [
    { data: last.current.data, error, fetching: fetching || stale },
    () => ask({ requestPolicy: 'network-only' }),
  ];
}
