// A graph whose state, input and questions have most of what Zod can say.
import { END, MessagesZodMeta, START, StateGraph, interrupt } from '@langchain/langgraph';
import { registry } from '@langchain/langgraph/zod';
import { AIMessage, type BaseMessage } from '@langchain/core/messages';
import { z } from 'zod';

const Money = z
  .object({ amount: z.number(), currency: z.enum(['EUR', 'US-$']) })
  .describe('An amount of money.')
  .meta({ id: 'Money' });

interface Category {
  name: string;
  parts: Category[];
}
const Category: z.ZodType<Category> = z.object({
  name: z.string(),
  get parts() {
    return z.array(Category);
  },
});

const payment = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('card'), last4: z.string() }),
  z.object({ kind: z.literal('bank-transfer'), iban: z.string(), due: z.date().optional() }),
  z.object({ kind: z.literal('cash') }),
]);

const State = z.object({
  'unit-price': Money.optional().describe('What one costs'),
  decision: z.enum(['in-progress', '50%', 'approved', 'rejected']).optional(),
  items: z
    .array(z.object({ label: z.string(), count: z.int32(), note: z.string().nullable() }))
    .default([]),
  total: z.int().optional(),
  due: z.date().optional(),
  tags: z.record(z.string(), z.number()).optional(),
  place: z.tuple([z.number(), z.number()]).optional(),
  mixed: z.tuple([z.string(), z.number()]).optional(),
  payment: payment.optional(),
  contact: z.union([z.string(), z.object({ email: z.string() })]).optional(),
  category: Category.optional(),
  anything: z.unknown().optional(),
  seen: z.set(z.string()).optional(),
  large: z.bigint().optional(),
  messages: z.custom<BaseMessage[]>().register(registry, MessagesZodMeta),
});

const Input = State.pick({
  'unit-price': true,
  decision: true,
  items: true,
  total: true,
  due: true,
  tags: true,
  place: true,
  mixed: true,
  payment: true,
  contact: true,
  category: true,
  anything: true,
  large: true,
}).extend({ purpose: z.string().optional() });

const ask = z.object({ total: z.number(), reason: z.enum(['too-high', 'unknown']) });
const answer = z.object({ approved: z.boolean(), comment: z.string().max(20).optional() });

export const questions = {
  approval: { ask, answer },
  confirm: { ask: z.string(), answer: z.boolean() },
};

export const typed = new StateGraph(State, { input: Input })
  .addNode('review', (state) => {
    const { approved, comment }: z.infer<typeof answer> = interrupt({
      total: state.total ?? 0,
      reason: 'too-high',
    });
    return {
      decision: approved ? ('approved' as const) : ('rejected' as const),
      seen: new Set(['a']),
      messages: [new AIMessage({ id: 'm1', content: comment ?? 'no comment' })],
    };
  })
  .addNode('confirm', () => {
    const isSure: unknown = interrupt('Sure?');
    return { messages: [new AIMessage({ id: 'm2', content: String(isSure) })] };
  })
  .addEdge(START, 'review')
  .addEdge('review', 'confirm')
  .addEdge('confirm', END)
  .compile();
