// What the clients beside this file work with: a graph of some length that asks a question.
import { setTimeout as sleep } from 'node:timers/promises';
import { END, START, StateGraph, StateSchema, interrupt } from '@langchain/langgraph';
import { z } from 'zod';

const State = new StateSchema({
  paragraphs: z.int().default(3),
  written: z.array(z.string()).default([]),
  sent: z.boolean().optional(),
});

export const graph = new StateGraph(State)
  .addNode('write', async ({ written }) => {
    await sleep(20);
    return { written: [...written, `Paragraph ${written.length + 1}.`] };
  })
  .addNode('approve', ({ written }) => {
    const letter = written.join(' ');
    return { sent: interrupt<unknown, boolean>({ ask: 'Shall this letter be sent?', letter }) };
  })
  .addEdge(START, 'write')
  .addConditionalEdges('write', ({ paragraphs, written }) =>
    written.length < paragraphs ? 'write' : 'approve',
  )
  .addEdge('approve', END);
