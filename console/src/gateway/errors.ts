import type { CombinedError } from 'urql';

/** The contract's code of what failed; undefined where the gateway was not reached. */
export function codeOf(error: CombinedError | undefined): string | undefined {
  const code = error?.graphQLErrors[0]?.extensions['code'];
  return typeof code === 'string' ? code : undefined;
}

/** Whether what was asked for may have been done all the same, or may be done by asking again. */
export function isUncertain(error: CombinedError): boolean {
  return (
    error.networkError !== undefined ||
    error.graphQLErrors.some(({ extensions }) => extensions['retryable'] === true)
  );
}

/** What went wrong, for people. */
export function messageOf(error: CombinedError): string {
  if (error.networkError !== undefined)
    return navigator.onLine
      ? 'The gateway cannot be reached; it may be starting again.'
      : 'This computer is offline.';
  return error.graphQLErrors.map(({ message }) => message).join(' ');
}

/** Whether what was asked for is not there, or cannot be: an address may name anything. */
export function isMissing(error: CombinedError): boolean {
  const code = codeOf(error);
  return (
    code === 'INVALID_INPUT' || code === 'SESSION_NOT_FOUND' || code === 'CHECKPOINT_NOT_FOUND'
  );
}
