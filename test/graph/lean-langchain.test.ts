// LangChain without its bookkeeping for a tracer that is not there behaves as with it.
import { BaseCallbackHandler } from '@langchain/core/callbacks/base';
import { CallbackManager } from '@langchain/core/callbacks/manager';
import { getContextVariable, setContextVariable } from '@langchain/core/context';
import { RunnableLambda } from '@langchain/core/runnables';
import { AsyncLocalStorageProviderSingleton } from '@langchain/core/singletons';
import { Annotation, START, StateGraph } from '@langchain/langgraph';
import * as fc from 'fast-check';
import { afterEach, expect, it, vi } from 'vitest';
import { makeLangChainLean } from '../../src/graph/lean-langchain.ts';

const { copy } = CallbackManager.prototype;
const { runWithConfig } = AsyncLocalStorageProviderSingleton;
makeLangChainLean();

afterEach(() => vi.unstubAllEnvs());

class Handler extends BaseCallbackHandler {
  readonly name: string;
  constructor(name: string) {
    super();
    this.name = name;
  }
}

const word = fc.oneof(fc.string(), fc.constant('__proto__'));
const names = fc.uniqueArray(fc.tuple(word, fc.boolean()), { selector: ([name]) => name });

it('copies of a manager are equal', () => {
  fc.assert(
    fc.property(names, names, names, names, fc.boolean(), (keys, tags, handlers, more, inherit) => {
      const manager = new CallbackManager('parent');
      for (const [key, isInherited] of keys) manager.addMetadata({ [key]: key }, isInherited);
      for (const [tag, isInherited] of tags) manager.addTags([tag], isInherited);
      for (const [name, isInherited] of handlers)
        manager.addHandler(new Handler(name), isInherited);
      const additional = more.map(([name]) => new Handler(name));
      const before = copy.call(manager, additional, inherit);
      expect(manager.copy(additional, inherit)).toEqual(before);
      expect(Object.keys(manager.metadata)).toHaveLength(keys.length);
    }),
  );
});

it('what runs finds its config, its variables, and a run that is not sent', async () => {
  const storage = AsyncLocalStorageProviderSingleton.getInstance();
  const look = () => {
    const { extra, ...run } = storage.getStore() as { id?: string; extra: object };
    return { keys: Object.keys(run).toSorted(), extra: Object.getOwnPropertySymbols(extra) };
  };
  const config = { tags: ['a'] };
  const lean = AsyncLocalStorageProviderSingleton.runWithConfig(config, look);
  expect(lean).toEqual(runWithConfig.call(AsyncLocalStorageProviderSingleton, config, look));
  const seen = await RunnableLambda.from(async () => {
    setContextVariable('who', 'ann');
    return RunnableLambda.from(() => [
      getContextVariable('who') as string,
      AsyncLocalStorageProviderSingleton.getRunnableConfig()?.tags?.join(),
    ]).invoke(null);
  }).invoke(null, { tags: ['tagged'] });
  expect(seen).toEqual(['ann', 'tagged']);
});

it('with a tracer, LangChain does as it always does', async () => {
  const idOf = () =>
    (AsyncLocalStorageProviderSingleton.getInstance().getStore() as { id: string }).id;
  const ids = () => [1, 2].map(() => AsyncLocalStorageProviderSingleton.runWithConfig({}, idOf));
  expect(new Set(ids()).size).toBe(1);
  vi.stubEnv('LANGSMITH_TRACING', 'true');
  expect(new Set(ids()).size).toBe(2);
});

it('a handler of the graph hears of its nodes, with their metadata', async () => {
  const heard: unknown[] = [];
  class Listener extends Handler {
    override handleChainStart(...[, , , , , metadata, , name]: never[]): void {
      const { langgraph_node: node, mine } = (metadata ?? {}) as Record<string, unknown>;
      heard.push([name, node, mine]);
    }
  }
  const State = Annotation.Root({ n: Annotation<number> });
  const graph = new StateGraph(State)
    .addNode('one', () => ({ n: 1 }))
    .addNode('two', () => ({ n: 2 }))
    .addEdge(START, 'one')
    .addEdge('one', 'two')
    .compile();
  await graph.invoke({ n: 0 }, { callbacks: [new Listener('l')], metadata: { mine: 'yes' } });
  expect(heard).toContainEqual(['one', 'one', 'yes']);
  expect(heard).toContainEqual(['two', 'two', 'yes']);
});
