// Graphs that expect what LangGraph's own server gives to a graph.
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  Annotation,
  type LangGraphRunnableConfig,
  START,
  StateGraph,
  entrypoint,
  getStore,
  interrupt,
} from '@langchain/langgraph';
import { getLogger } from '@langchain/langgraph-sdk/logging';
import { typedUi } from '@langchain/langgraph-sdk/react-ui/server';
import { z } from 'zod';

// At the top of the file, as LangGraph's documentation has it.
const logger = getLogger();

const State = Annotation.Root({
  said: Annotation<unknown>(),
  trail: Annotation<string[]>({ reducer: (a, b) => [...a, ...b], default: () => [] }),
});
type Config = LangGraphRunnableConfig<Record<string, unknown>>;

const one = (node: (state: typeof State.State, config: Config) => object) =>
  new StateGraph(State).addNode('node', node).addEdge(START, 'node');

export const told = one((_state, { configurable, metadata, context, ...rest }) => {
  logger.info('told', { more: 1 });
  return { said: { configurable, metadata, context, tags: rest.tags } };
}).compile();

const Named = z.object({ userName: z.string() });

export const needsContext = new StateGraph(State, Named)
  .addNode('node', (_state, { context }) => ({ said: context?.userName }))
  .addEdge(START, 'node')
  .compile();

/** As graphs did before there were contexts. */
export const readsConfigurable = new StateGraph(State, Named)
  .addNode('node', (_state, { configurable }) => ({ said: configurable?.['userName'] }))
  .addEdge(START, 'node')
  .compile();

export const hasContext = one((_state, { context }) => ({ said: context }))
  .compile()
  .withConfig({ context: { own: true } } as object);

export const ui = one((_state, config) => {
  typedUi(config as never).push({ name: 'weather', props: { city: 'SF' } } as never);
  return { said: 'pushed' };
}).compile();

export const two = new StateGraph(State)
  .addNode('first', () => ({ trail: ['first'] }))
  .addNode('second', () => ({ trail: ['second'] }))
  .addEdge(START, 'first')
  .addEdge('first', 'second')
  .compile();

export const ask = new StateGraph(State)
  .addNode('ask', async () => {
    const answer = String(interrupt('which?'));
    if (answer === 'slow') await sleep(2000);
    return { trail: [answer] };
  })
  .addNode('aside', () => ({ trail: ['aside'] }))
  .addConditionalEdges(START, () => 'ask', ['ask', 'aside'])
  .compile();

/** Counts in the store, which it reaches in each way that there is; its subgraph does, too. */
export const remembers = new StateGraph(State)
  .addNode('count', async (_state, config) => {
    const stores = [config.store, getStore()];
    const [store] = stores;
    if (store === undefined) throw new Error('there is no store');
    const counted = ((await store.get(['counts'], 'n'))?.value['n'] ?? 0) as number;
    await store.put(['counts'], 'n', { n: counted + 1 });
    return { said: [counted + 1, ...stores.map((each) => each !== undefined)] };
  })
  .addNode(
    'sub',
    new StateGraph(State)
      .addNode('look', async (_state, config) => ({
        trail: [`found ${JSON.stringify((await config.store?.search(['counts']))?.[0]?.value)}`],
      }))
      .addEdge(START, 'look')
      .compile(),
  )
  .addEdge(START, 'count')
  .addEdge('count', 'sub')
  .compile();

/** Says what it remembers of its user that is nearest to the words, then remembers the words. */
export const remembersUser = new StateGraph(State)
  .addNode('remember', async ({ said }, { store, configurable }) => {
    const namespace = ['users', String(configurable?.['langgraph_auth_user_id']), 'memories'];
    const [text] = said as string[];
    const [nearest] = (await store?.search(namespace, { query: String(text), limit: 1 })) ?? [];
    await store?.put(namespace, String(text), { text });
    return { trail: [String(nearest?.value['text'])] };
  })
  .addEdge(START, 'remember')
  .compile();

export const remembersByFunction = entrypoint('remembers', async ({ word }: { word: string }) => {
  const store = getStore();
  await store?.put(['words', word], 'k', { word });
  return (await store?.search(['words']))?.map((item) => item.namespace.join('/')).toSorted();
});

const Trail = Annotation.Root({ trail: State.spec.trail });

/** Asks two questions at once. */
export const askBoth = new StateGraph(Trail)
  .addNode('a', () => ({ trail: [String(interrupt('a?'))] }))
  .addNode('b', () => ({ trail: [String(interrupt('b?'))] }))
  .addEdge(START, 'a')
  .addEdge(START, 'b')
  .compile();

/** Is made of what its session was given, and of nothing else. */
export function madeOf({ configurable }: { configurable: { steps: string[] } }) {
  const graph = new StateGraph(Trail);
  const steps = configurable.steps.map((name) => [name, () => ({ trail: [name] })]);
  return graph.addSequence(Object.fromEntries(steps)).addEdge(START, configurable.steps[0] ?? '');
}

/** Has one node more where it is asked for. */
export function made({ configurable }: { configurable?: { big?: boolean } }) {
  const graph = new StateGraph(Trail)
    .addNode('ask', () => ({ trail: [String(interrupt('which?'))] }))
    .addEdge(START, 'ask');
  if (configurable?.big !== true) return graph.compile();
  return graph
    .addNode('extra', () => ({ trail: ['extra'] }))
    .addEdge('ask', 'extra')
    .compile();
}

export const complains = one(() => {
  logger.error('it failed', new RangeError('the reason'));
  logger.warn({ only: 'an object' });
  return {};
}).compile();

/** Ends its process as soon as the step of its first node is stored, once. */
export const dies = new StateGraph(Trail)
  .addNode('plan', (_state, { configurable }) => {
    const path = process.env['DIES_AFTER_STEP'];
    if (path !== undefined) {
      const database = new DatabaseSync(path, { readOnly: true });
      const steps = database.prepare(
        'SELECT max(step) AS step FROM checkpoints WHERE thread_id = ?',
      );
      const look = () => {
        const row = steps.get(String(configurable?.['thread_id'])) as { step: number };
        if (row.step >= 1) process.kill(process.pid, 'SIGKILL');
        else setImmediate(look);
      };
      setImmediate(look);
    }
    return { trail: ['plan'] };
  })
  .addNode('danger', () => ({ trail: ['danger'] }))
  .addEdge(START, 'plan')
  .addEdge('plan', 'danger')
  .compile();

/** Remembers that it began, and hangs; begun again by another process, it says what the first one remembered. */
export const remembersOverDeath = new StateGraph(State)
  .addNode('begin', async (_state, config: LangGraphRunnableConfig) => {
    const { store, configurable, metadata } = config;
    const ids = [configurable?.['langgraph_auth_user_id'], configurable?.['thread_id']];
    const namespace = ['users', ...ids.map(String)];
    const before = await store?.search(namespace);
    await store?.put(namespace, String(metadata?.['run_attempt']), { pid: process.pid });
    if (before?.length === 0) await new Promise(() => undefined);
    return { said: before?.map(({ key, value }) => ({ key, ...value })) };
  })
  .addEdge(START, 'begin')
  .compile();

export const askTwice = new StateGraph(Annotation.Root({ trail: State.spec.trail }))
  .addNode('ask', () => ({ trail: [interrupt('first?'), interrupt('second?')].map(String) }))
  .addEdge(START, 'ask')
  .compile();

const City = Annotation.Root({ city: Annotation<string>() });
const city = new StateGraph(City)
  .addNode('set', () => ({ city: 'SF' }))
  .addNode('use', (state) => ({ city: `sunny in ${state.city}` }))
  .addEdge(START, 'set')
  .addEdge('set', 'use');

/** Stops within its subgraph. */
export const cities = new StateGraph(City)
  .addNode('sub', city.compile({ interruptBefore: ['use'] }))
  .addEdge(START, 'sub')
  .compile();

/** Asks within its subgraph. */
export const asksInside = new StateGraph(City)
  .addNode(
    'sub',
    new StateGraph(City)
      .addNode('set', () => ({ city: 'SF' }))
      .addNode('use', (state) => ({ city: `${interrupt('how?')} in ${state.city}` }))
      .addEdge(START, 'set')
      .addEdge('set', 'use')
      .compile(),
  )
  .addEdge(START, 'sub')
  .compile();
