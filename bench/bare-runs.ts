// The bare thing, in a process of its own: the same graph by LangGraph alone, with its own saver.
import { randomUUID } from 'node:crypto';
import { answerAll } from './child.ts';
import { openStockSaver } from './stock-saver.ts';
import { sixNodes } from './six-nodes.ts';

export interface AskedOfBareRuns {
  /** So many at once, each one run after the other. */
  readonly clients: number;
  readonly forMs: number;
  /** `stream` is what a server needs that tells of tasks and messages as they happen. */
  readonly by: 'invoke' | 'stream';
}

const { saver } = await openStockSaver(process.env);
const graph = sixNodes.compile({ checkpointer: saver });

export interface Runs {
  /** How long each took, in milliseconds. */
  readonly took: readonly number[];
  /** Processor time of the process that executed them, in milliseconds. */
  readonly cpuMs: number;
}

const BY = {
  async invoke(config: object) {
    await graph.invoke({ input: 'x' }, config);
  },
  async stream(config: object) {
    const options = { streamMode: ['tasks', 'messages'], subgraphs: true, durability: 'sync' };
    const chunks = await graph.stream({ input: 'x' }, { ...config, ...options } as object);
    for await (const _ of chunks);
  },
};

answerAll(async ({ clients, forMs, by }: AskedOfBareRuns): Promise<Runs> => {
  const before = process.cpuUsage();
  const took: number[] = [];
  const end = performance.now() + forMs;
  const client = async () => {
    while (performance.now() < end) {
      const begun = performance.now();
      await BY[by]({ configurable: { thread_id: randomUUID() } });
      took.push(performance.now() - begun);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  const { user, system } = process.cpuUsage(before);
  return { took, cpuMs: (user + system) / 1000 };
});
