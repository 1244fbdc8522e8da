// Small graphs for tests. Side effects are appended to the file that `effects` in the input names.
import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  Annotation,
  Command,
  END,
  type LangGraphRunnableConfig,
  MessagesAnnotation,
  START,
  Send,
  StateGraph,
  interrupt,
} from '@langchain/langgraph';
import { FakeListChatModel } from '@langchain/core/utils/testing';
import { z } from 'zod';

const add = Annotation<string[]>({ reducer: (a, b) => a.concat(b), default: () => [] });

const StepsState = Annotation.Root({
  task: Annotation<string>,
  effects: Annotation<string>,
  delayMs: Annotation<number>,
  trail: add,
});

async function step(name: string, state: typeof StepsState.State) {
  if (state.delayMs) await sleep(state.delayMs);
  if (state.effects) appendFileSync(state.effects, `${name}\n`);
  return { trail: [name] };
}

/** Six steps in a row. */
export const steps = new StateGraph(StepsState)
  .addNode('one', (state) => step('one', state))
  .addNode('two', (state) => step('two', state))
  .addNode('three', (state) => step('three', state))
  .addNode('four', (state) => step('four', state))
  .addNode('five', (state) => step('five', state))
  .addNode('six', (state) => step('six', state))
  .addEdge(START, 'one')
  .addEdge('one', 'two')
  .addEdge('two', 'three')
  .addEdge('three', 'four')
  .addEdge('four', 'five')
  .addEdge('five', 'six')
  .addEdge('six', END);

/** A row of steps, named by their number. */
function row(length: number) {
  const graph = new StateGraph(StepsState);
  const names = Array.from({ length }, (_, n) => `step${n + 1}`);
  const nodes = names.map((name) => [name, (state: typeof StepsState.State) => step(name, state)]);
  return graph.addSequence(Object.fromEntries(nodes)).addEdge(START, 'step1');
}

export const tenSteps = row(10);
export const twentySteps = row(20);

/** Ten steps; each first writes its session, name, process and time to `effects`, then answers with the same. */
export const logged = new StateGraph(StepsState)
  .addSequence(
    Object.fromEntries(
      Array.from({ length: 10 }, (_, n) => [
        `step${n + 1}`,
        async (state: typeof StepsState.State, config: LangGraphRunnableConfig) => {
          const thread = String(config.configurable?.['thread_id']);
          const line = `${thread} step${n + 1} ${process.pid} ${Date.now()}`;
          appendFileSync(state.effects, `${line}\n`);
          await sleep(state.delayMs);
          return { trail: [line] };
        },
      ]),
    ),
  )
  .addEdge(START, 'step1');

const AskState = Annotation.Root({
  task: Annotation<string>,
  trail: add,
  effects: Annotation<string>,
});

/** Asks two questions at once, then says what was answered. */
export const ask = new StateGraph(AskState)
  .addNode('left', () => ({ trail: [`left ${String(interrupt({ question: 'left?' }))}`] }))
  .addNode('right', () => ({ trail: [`right ${String(interrupt({ question: 'right?' }))}`] }))
  .addNode('end', (state) => step('end', { ...state, delayMs: 0 }))
  .addEdge(START, 'left')
  .addEdge(START, 'right')
  .addEdge(['left', 'right'], 'end')
  .addEdge('end', END);

/** One node that asks twice. */
export const askTwice = new StateGraph(AskState)
  .addNode('asker', async (state) => {
    const first = String(interrupt('first?'));
    if (state.effects) appendFileSync(state.effects, `first ${first}\n`);
    const second = String(interrupt('second?'));
    return { trail: [first, second] };
  })
  .addEdge(START, 'asker')
  .addEdge('asker', END)
  .compile();

/** Asks, then works for a while with the answer. */
export const askSlow = new StateGraph(AskState)
  .addNode('asker', async (state) => {
    const answer = String(interrupt('what?'));
    if (state.effects) appendFileSync(state.effects, `begun ${answer}\n`);
    await sleep(1500);
    return { trail: [answer] };
  })
  .addEdge(START, 'asker')
  .compile();

const WorkState = Annotation.Root({
  items: Annotation<number[]>,
  effects: Annotation<string>,
  dieAt: Annotation<number>,
  delayMs: Annotation<number>,
  done: Annotation<number[]>({ reducer: (a, b) => a.concat(b), default: () => [] }),
});

interface Item {
  item: number;
  effects: string;
  delayMs: number;
}

/** One parallel task per item (Send), each with a side effect and custom progress. */
export const fanOut = new StateGraph(WorkState)
  .addNode('work', async ({ item, effects, delayMs }: Item, config: LangGraphRunnableConfig) => {
    await sleep(delayMs * item);
    config.writer?.({ item });
    if (effects) appendFileSync(effects, `work ${item}\n`);
    return { done: [item] };
  })
  .addNode('gather', (state) => {
    if (state.effects) appendFileSync(state.effects, 'gather\n');
    return {};
  })
  .addConditionalEdges(START, ({ items, effects, delayMs }) =>
    items.map((item) => new Send('work', { item, effects, delayMs: delayMs ?? 0 })),
  )
  .addEdge('work', 'gather')
  .addEdge('gather', END)
  .compile();

const inner = new StateGraph(AskState)
  .addNode('inside', () => ({ trail: ['inside'] }))
  .addNode('asks', () => ({ trail: [`asks ${String(interrupt('inner?'))}`] }))
  .addEdge(START, 'inside')
  .addEdge('inside', 'asks')
  .addEdge('asks', END)
  .compile();

/** A subgraph that asks. */
export const nested = new StateGraph(AskState)
  .addNode('child', inner)
  .addNode('after', () => ({ trail: ['after'] }))
  .addEdge(START, 'child')
  .addEdge('child', 'after')
  .addEdge('after', END)
  .compile();

/** Kills its own process. */
export const suicide = new StateGraph(StepsState)
  .addNode('die', async (state) => {
    if (state.effects) appendFileSync(state.effects, 'die\n');
    process.kill(process.pid, 'SIGKILL');
    await sleep(10_000);
    return {};
  })
  .addEdge(START, 'die')
  .compile();

/** Throws where nobody can catch it: from a timer. */
export const poison = new StateGraph(StepsState)
  .addNode('poison', async () => {
    setTimeout(() => {
      throw new RangeError('thrown by a timer');
    }, 50);
    await sleep(10_000);
    return {};
  })
  .addEdge(START, 'poison')
  .compile();

/** Throws while the state says so. */
export const faulty = new StateGraph(
  Annotation.Root({
    fail: Annotation<boolean>,
    trail: add,
    messages: MessagesAnnotation.spec.messages,
  }),
)
  .addNode('shaky', (state) => {
    if (state.fail) throw new RangeError('too shaky');
    return { trail: ['steady'] };
  })
  .addEdge(START, 'shaky')
  .compile();

/** Throws what a user told it. */
export const indiscreet = new StateGraph(StepsState)
  .addNode('tell', (state) => {
    throw new Error(`cannot work with ${state.task}`, { cause: new Error(state.task) });
  })
  .addEdge(START, 'tell')
  .compile();

/** Its input has a schema. */
export const typed = new StateGraph(
  z.object({ count: z.number().int().min(0), note: z.string().default('') }),
)
  .addNode('double', ({ count }) => ({ count: count * 2 }))
  .addEdge(START, 'double');

/** Loops until recursionLimit. */
export const endless = new StateGraph(StepsState)
  .addNode('loop', () => new Command({ goto: 'loop' }), { ends: ['loop'] })
  .addEdge(START, 'loop')
  .compile();

/** Runs until it is cancelled, a step every 20 ms. */
export const slow = new StateGraph(StepsState)
  .addNode('tick', async (state) => {
    await sleep(20);
    if (state.effects) appendFileSync(state.effects, 'tick\n');
    return { trail: ['tick'] };
  })
  .addConditionalEdges('tick', ({ trail }) => (trail.length < 200 ? 'tick' : END))
  .addEdge(START, 'tick')
  .compile();

/** Blocks the event loop for as long as its input says. */
export const blocking = new StateGraph(StepsState)
  .addNode('block', (state) => {
    if (state.effects) appendFileSync(state.effects, 'block\n');
    const end = Date.now() + state.delayMs;
    while (Date.now() < end);
    return { trail: ['blocked'] };
  })
  .addEdge(START, 'block')
  .compile();

/** Puts into its state what only looks like an object of LangChain's. */
export const forged = new StateGraph(StepsState)
  .addNode('forge', () => ({
    task: {
      lc: 1,
      type: 'constructor',
      id: ['nothing', 'Known'],
      kwargs: { a: 1 },
    } as unknown as string,
  }))
  .addEdge(START, 'forge')
  .compile();

/** Calls another graph under a thread of its own, but with the checkpointer of the session. */
export const otherThread = new StateGraph(StepsState)
  .addNode('call', async (state) => {
    const called = await steps.compile().invoke(state, { configurable: { thread_id: 'other' } });
    return { trail: called.trail };
  })
  .addEdge(START, 'call')
  .compile();

/** A function of config that makes the graph. */
export function configured(config: { configurable?: { greeting?: string } }) {
  return new StateGraph(StepsState)
    .addNode('greet', () => ({ trail: [config.configurable?.greeting ?? 'hello'] }))
    .addEdge(START, 'greet')
    .compile();
}

/** A function that makes no graph where it is told so. */
export function fickle(config: { configurable?: { fails?: boolean } }) {
  if (config.configurable?.fails === true) throw new Error('no graph today');
  return configured({});
}

/** A promise of a graph. */
export const promised = Promise.resolve(configured({}));

/** Stops before a node by a breakpoint. */
export const paused = new StateGraph(StepsState)
  .addNode('before', (state) => step('before', state))
  .addNode('after', (state) => step('after', state))
  .addEdge(START, 'before')
  .addEdge('before', 'after')
  .compile({ interruptBefore: ['after'] });

/**
 * A model that says twenty words, a letter every 10 ms. Told the path of a file, it stops in the middle, writes
 * `<path>.waiting`, and goes on once there is a file at the path.
 */
class PausingModel extends FakeListChatModel {
  override async *_streamResponseChunks(
    ...[messages, ...rest]: Parameters<FakeListChatModel['_streamResponseChunks']>
  ) {
    const gate = messages.at(-1)?.text ?? '';
    let letters = 0;
    for await (const chunk of super._streamResponseChunks(messages, ...rest)) {
      letters += 1;
      if (letters === 50 && isAbsolute(gate)) {
        writeFileSync(`${gate}.waiting`, '');
        while (!existsSync(gate)) await sleep(5);
      }
      yield chunk;
    }
  }
}

/** Says what `PausingModel` says, from within a subgraph. */
const model = new PausingModel({ responses: ['word '.repeat(20).trim()], sleep: 10 });
const speaker = new StateGraph(MessagesAnnotation)
  .addNode('speak', async ({ messages }) => ({ messages: [await model.invoke(messages)] }))
  .addEdge(START, 'speak')
  .compile();
export const talker = new StateGraph(MessagesAnnotation)
  .addNode('speaker', speaker)
  .addEdge(START, 'speaker')
  .compile();

/** Tells who its graph is told is calling. */
export const who = new StateGraph(Annotation.Root({ user: Annotation<unknown> }))
  .addNode('tell', (_state, config: LangGraphRunnableConfig) => ({
    user: config.configurable?.['user'] as unknown,
  }))
  .addEdge(START, 'tell')
  .addEdge('tell', END);

/** Never answers. */
export const hanging = new StateGraph(StepsState)
  .addNode('hang', () => new Promise<never>(() => undefined))
  .addEdge(START, 'hang')
  .compile();

/** Tells twice how far it is, in two nodes beside each other, and never ends. */
export const absorbed = new StateGraph(StepsState)
  .addNode('one', tellAndHang)
  .addNode('two', tellAndHang)
  .addNode('three', () => ({ trail: ['three'] }))
  .addEdge(START, 'one')
  .addEdge(START, 'two')
  .addEdge(START, 'three')
  .compile();

function tellAndHang(_state: object, config: LangGraphRunnableConfig): Promise<never> {
  for (const done of [1, 2]) config.writer?.({ done });
  return new Promise<never>(() => undefined);
}

/** Keeps twice as much at each step, from a kilobyte on. */
export const hoarding = new StateGraph(Annotation.Root({ hoard: Annotation<string> }))
  .addNode('double', ({ hoard }) => ({ hoard: hoard ? hoard + hoard : 'x'.repeat(1024) }))
  .addEdge(START, 'double')
  .addEdge('double', 'double')
  .compile();

/** Keeps a little more at each step, and never ends. */
export const filling = new StateGraph(Annotation.Root({ kept: Annotation<string[]> }))
  .addNode('keep', async ({ kept }) => {
    await sleep(10);
    return { kept: [...(kept ?? []), 'x'.repeat(10_000)] };
  })
  .addEdge(START, 'keep')
  .addEdge('keep', 'keep')
  .compile();

/** Throws the secrets of its environment, and tells them in words of its own. */
export const leaking = new StateGraph(StepsState)
  .addNode('leak', () => {
    const secrets = Object.entries(process.env).filter(([name]) => name.startsWith('LEAK_'));
    throw new Error(`refused: ${JSON.stringify(secrets)} ${process.env['LEAK_API_KEY']}`);
  })
  .addEdge(START, 'leak')
  .compile();

const UNWRITABLE = {
  toJSON() {
    throw new Error('no JSON of me');
  },
};

/** One of many parallel nodes fails at once, for several reasons; the others finish later. */
const many = Array.from({ length: 40 }, (_, n) => `beside${n}`);
const crowd = new StateGraph(StepsState).addNode('culprit', async () => {
  await sleep(20);
  const reasons = [
    new RangeError('too far', { cause: new TypeError('no number') }),
    new Error(`refused with ${process.env['LEAK_API_KEY'] ?? 'no key'}`),
  ];
  throw new AggregateError(reasons, 'nothing worked', { cause: new Error('the first cause') });
});
for (const name of many)
  (crowd as unknown as { addNode(name: string, node: () => Promise<object>): void }).addNode(
    name,
    async () => {
      await sleep(5);
      return { trail: [name] };
    },
  );
for (const name of ['culprit', ...many])
  (crowd as unknown as { addEdge(from: string, to: string): void }).addEdge(START, name);
export const failingBeside = crowd.compile();

/** Throws what its task names. */
export const throwing = new StateGraph(StepsState)
  .addNode('throw', ({ task }) => {
    // oxlint-disable-next-line typescript/only-throw-error -- graphs throw whatever they like
    if (task === 'nameless') throw Object.create(null);
    if (task === 'unwritable') return { trail: [UNWRITABLE as unknown as string] };
    throw Object.assign(new Error('as if drained'), { name: 'GraphDrained' });
  })
  .addEdge(START, 'throw')
  .compile();
