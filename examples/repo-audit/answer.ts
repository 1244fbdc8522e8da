// What a person may answer to the question about the draft.
import { z } from 'zod';

export type Answer =
  | { readonly kind: 'approve' }
  | { readonly kind: 'exclude'; readonly folders: readonly string[] }
  | { readonly kind: 'unclear' };

/** Said with every question. */
export const ANSWERS =
  'Answer {"approve": true} to publish it, or {"exclude": ["folder", …]} to audit again without those folders.';

// Strict: an answer that both approves and excludes says two things at once.
const approval = z.union([
  z.literal(true),
  z.string().regex(/^\s*yes\s*$/i),
  z.strictObject({ approve: z.literal(true) }),
]);
const exclusion = z.strictObject({
  exclude: z
    .array(z.string().min(1))
    .min(1)
    .describe('The folders that the next audit leaves out.'),
});

/** The question about the draft, and the answers that a form or a client offers to it. */
export const publication = {
  ask: z.object({
    question: z.string().describe('What is asked, in words.'),
    report: z.string().describe('The draft, in Markdown.'),
    folders: z.array(z.string()).describe('The folders that were audited.'),
  }),
  answer: z.union([
    z
      .strictObject({ approve: z.literal(true).describe('Publish the report.') })
      .meta({ title: 'Approve' }),
    exclusion.meta({ title: 'Exclude' }),
  ]),
};

export function readAnswer(value: unknown): Answer {
  if (approval.safeParse(value).success) return { kind: 'approve' };
  const excluded = exclusion.safeParse(value);
  if (!excluded.success) return { kind: 'unclear' };
  // People write `src/` for a folder as readily as `src`.
  return { kind: 'exclude', folders: excluded.data.exclude.map((name) => name.replace(/\/$/, '')) };
}
