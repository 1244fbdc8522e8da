// What LangGraph itself does with graphs that remember (`checkpointer: true`), which forks and branches meet. Asserted,
// so that we notice when it is another.
import { Command, MemorySaver } from '@langchain/langgraph';
import { expect, it } from 'vitest';
import { unseen } from '../graphs/shapes.ts';

async function trailOf(graph: ReturnType<typeof unseen.compile>): Promise<readonly string[]> {
  const config = { configurable: { thread_id: 'thread' } };
  await graph.invoke({ task: 'go' }, config);
  for (;;) {
    const { next, tasks, values } = await graph.getState(config);
    const { trail } = values as { trail: readonly string[] };
    if (next.length === 0) return trail.filter((word) => word.startsWith('v'));
    const asked = tasks.flatMap(({ interrupts }) => interrupts);
    const resume = Object.fromEntries(asked.map(({ id }) => [String(id), 'yes']));
    await graph.invoke(asked.length === 0 ? null : new Command({ resume }), config);
  }
}

it('one is called anew in the course of a run, but not where a run begins at its node', async () => {
  const anew = await trailOf(unseen.compile({ checkpointer: new MemorySaver() }));
  expect(anew).toEqual(['v1', 'v1+v2', 'v1+v2+v3', 'v1+v2+v3+v4']);
  const begun = await trailOf(
    unseen.compile({ checkpointer: new MemorySaver(), interruptBefore: ['caller'] }),
  );
  expect(begun).toEqual(['v1', 'v1', 'v1', 'v1']);
});
