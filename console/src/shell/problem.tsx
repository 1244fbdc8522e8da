import { Alert } from '@mantine/core';
import { useEffect, useRef } from 'react';

/** What is wrong with what was sent; it is brought into view. */
export function Problem({ message }: { readonly message: string | undefined }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (message !== undefined) box.current?.scrollIntoView({ block: 'nearest' });
  }, [message]);
  if (message === undefined) return null;
  return (
    <Alert color="red" role="alert" ref={box}>
      <span className="words">{message}</span>
    </Alert>
  );
}
