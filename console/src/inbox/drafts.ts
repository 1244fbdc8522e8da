// What was written and not sent: it stays while one looks elsewhere, and while the question is drawn anew.
import { useState } from 'react';

const drafts = new Map<string, string>();

/** @param key of what it is an answer to */
export function useDraft(key: string, initial = ''): [text: string, write: (text: string) => void] {
  const [text, setText] = useState(() => drafts.get(key) ?? initial);
  return [
    text,
    (written) => {
      if (written === initial) drafts.delete(key);
      else drafts.set(key, written);
      setText(written);
    },
  ];
}

/** What was taken is no draft any more. @param prefix of its keys */
export function dropDrafts(prefix: string): void {
  for (const key of drafts.keys()) if (key.startsWith(prefix)) drafts.delete(key);
}
