import { Code } from '@mantine/core';
import Parsed, { type MarkdownToJSX } from 'markdown-to-jsx/react';
import { type ReactNode, memo } from 'react';

interface LinkProps {
  readonly href?: string;
  readonly children?: ReactNode;
}

/** Nothing leads to the console or to GraphiQL because a model says so, nor to anything but pages and mail. */
function MarkdownLink({ href, children }: LinkProps) {
  if (href === undefined || !/^(https?:\/\/|mailto:)/i.test(href)) return <span>{children}</span>;
  return (
    <a href={href} target="_blank" rel="noreferrer noopener">
      {children}
    </a>
  );
}

/** Nor is anything loaded from elsewhere. */
function MarkdownImage({ alt, src }: { readonly alt?: string; readonly src?: string }) {
  return <span>{`[image: ${alt ?? ''} ${src ?? ''}]`}</span>;
}

interface PartProps {
  readonly children?: ReactNode;
}

function MarkdownCode({ children }: PartProps) {
  return <Code>{children}</Code>;
}

function MarkdownBlock({ children }: PartProps) {
  return (
    <pre tabIndex={0} role="group" aria-label="Code">
      {children}
    </pre>
  );
}

function MarkdownTable({ children }: PartProps) {
  return (
    <div className="wide" tabIndex={0} role="group" aria-label="Table">
      <table>{children}</table>
    </div>
  );
}

const options: MarkdownToJSX.Options = {
  // HTML stays text.
  disableParsingRawHTML: true,
  wrapper: 'div',
  forceWrapper: true,
  overrides: {
    a: MarkdownLink,
    img: MarkdownImage,
    code: MarkdownCode,
    pre: MarkdownBlock,
    table: MarkdownTable,
  },
};

function MarkdownText({ text }: { readonly text: string }) {
  return (
    <Parsed className="markdown" options={options}>
      {text}
    </Parsed>
  );
}

export default memo(MarkdownText);
