import { lazily } from '../shell/lazily.ts';
import { Suspense } from 'react';

const MarkdownText = lazily(() => import('./markdown-text.tsx'));

/** Text in Markdown; HTML in it stays text. */
export function Markdown({ text }: { readonly text: string }) {
  return (
    <Suspense fallback={<div className="words">{text}</div>}>
      <MarkdownText text={text} />
    </Suspense>
  );
}
