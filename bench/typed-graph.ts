// A graph whose state is about 20 KB of orders; each call makes it anew, with schemas of its own. And a long chat.
import { HumanMessage } from '@langchain/core/messages';
import { END, MessagesValue, START, StateGraph, StateSchema } from '@langchain/langgraph';
import { z } from 'zod';

export function orders() {
  const Line = z.object({
    sku: z.string(),
    name: z.string(),
    count: z.int32(),
    price: z.number(),
    state: z.enum(['in-stock', 'ordered', 'gone']),
  });
  const State = z.object({
    count: z.int32().optional(),
    customer: z.object({ name: z.string(), email: z.string(), 'vat-id': z.string().nullable() }),
    lines: z.array(Line).optional(),
    notes: z.array(z.string()).optional(),
    status: z.enum(['open', 'paid']).optional(),
  });
  return new StateGraph(State)
    .addNode('fill', ({ count = 0 }) => ({
      lines: Array.from({ length: count }, (_, n) => ({
        sku: `sku-${n}-of-the-catalogue-of-2026`,
        name: `The article with the number ${n}, of which there are many`,
        count: n,
        price: n / 4,
        state: 'in-stock' as const,
      })),
      status: 'open' as const,
    }))
    .addEdge(START, 'fill')
    .addEdge('fill', END)
    .compile();
}

const Chat = new StateSchema({ count: z.int32(), messages: MessagesValue });

export const chat = new StateGraph(Chat)
  .addNode('write', ({ count }) => ({
    messages: Array.from(
      { length: count },
      (_, n) => new HumanMessage({ id: `m${n}`, content: `What was said as number ${n}.` }),
    ),
  }))
  .addEdge(START, 'write')
  .addEdge('write', END)
  .compile();
