import { type ReactNode, Suspense } from 'react';
import { ErrorBoundary } from './error-boundary.tsx';
import { Failed, Loading } from './states.tsx';

interface Props {
  /** What it is, for people: `the graph`. */
  readonly what: string;
  readonly children: ReactNode;
}

/** A part of a page: what is around it stays there where it does not come, or fails. */
export function Part({ what, children }: Props) {
  return (
    <ErrorBoundary
      fallback={(message) => <Failed title={`There is no showing ${what}`} message={message} />}
    >
      <Suspense fallback={<Loading what={what} />}>{children}</Suspense>
    </ErrorBoundary>
  );
}
