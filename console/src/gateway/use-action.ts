// A mutation that a person asked for: it says what went wrong, and does no work twice.
import { useRef, useState } from 'react';
import type { AnyVariables, CombinedError } from 'urql';
import type { TypedDocumentString } from '../../gql/graphql.ts';
import { say } from '../shell/notices.tsx';
import { isUncertain, messageOf } from './errors.ts';
import { documentOf, useGateway } from './gateway.ts';

export interface Action<Result, Variables> {
  readonly busy: boolean;
  /** The answer; undefined where it was refused, which was said. */
  run(variables: Variables): Promise<Result | undefined>;
}

/** @param onError told in the place of saying it */
export function useAction<Result, Variables extends AnyVariables>(
  document: TypedDocumentString<Result, Variables>,
  onError: (error: CombinedError) => void = sayError,
): Action<Result, Variables> {
  const { client } = useGateway();
  const [busy, setBusy] = useState(false);
  const isRunning = useRef(false);
  const run = async (variables: Variables) => {
    if (isRunning.current) return undefined;
    isRunning.current = true;
    setBusy(true);
    try {
      const { data, error } = await client.mutation(documentOf(document), variables).toPromise();
      if (error !== undefined) onError(error);
      return error === undefined ? data : undefined;
    } finally {
      isRunning.current = false;
      setBusy(false);
    }
  };
  return { busy, run };
}

interface Keyed {
  readonly idempotencyKey?: string | null | undefined;
}

/**
 * The same for a mutation that takes an idempotencyKey: it stays the same as long as the same is asked for and it is not
 * known whether it was done.
 */
export function useKeyedAction<Result, Input extends Keyed>(
  document: TypedDocumentString<Result, { input: Input }>,
  onError: (error: CombinedError) => void = sayError,
): Action<Result, { readonly input: Omit<Input, 'idempotencyKey'> }> {
  const uncertain = useRef<{ asked: string; key: string } | undefined>(undefined);
  const isUnknown = useRef(false);
  const { busy, run } = useAction(document, (error) => {
    isUnknown.current = isUncertain(error);
    onError(error);
  });
  return {
    busy,
    async run({ input }) {
      const asked = JSON.stringify(input);
      const key = uncertain.current?.asked === asked ? uncertain.current.key : newKey();
      isUnknown.current = false;
      const answer = await run({ input: { ...input, idempotencyKey: key } as Input });
      uncertain.current = isUnknown.current ? { asked, key } : undefined;
      return answer;
    },
  };
}

function sayError(error: CombinedError): void {
  void say('That did not work', messageOf(error));
}

/** `crypto.randomUUID` is there on https and loopback alone. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join(
    '-',
  );
}
