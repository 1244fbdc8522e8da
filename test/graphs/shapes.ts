// Graphs of every shape that a checkpoint can have to hold. Each ends the same whenever it is driven by the same rule
// (questions answered with their own words, failures gone on from), so that a fork can be held against it.
import { setTimeout as sleep } from 'node:timers/promises';
import {
  Annotation,
  Command,
  DeltaChannel,
  END,
  type LangGraphRunnableConfig,
  MemorySaver,
  MessagesAnnotation,
  START,
  Send,
  StateGraph,
  StateSchema,
  UntrackedValue,
  entrypoint,
  interrupt,
  messagesDeltaReducer,
  task,
} from '@langchain/langgraph';
import { AIMessage, type BaseMessage } from '@langchain/core/messages';
import { z } from 'zod';

const add = Annotation<string[]>({ reducer: (a, b) => a.concat(b), default: () => [] });
const State = Annotation.Root({ task: Annotation<string>, trail: add });
const says = (word: string) => () => ({ trail: [word] });
const asks = (question: string) => () => ({ trail: [String(interrupt(question))] });

export const plain = new StateGraph(State)
  .addSequence({ one: says('one'), two: says('two'), three: says('three') })
  .addEdge(START, 'one');

export const parallel = new StateGraph(State)
  .addNode('left', says('left'))
  .addNode('right', says('right'))
  .addNode('join', says('join'))
  .addEdge(START, 'left')
  .addEdge(START, 'right')
  .addEdge(['left', 'right'], 'join');

export const sends = new StateGraph(State)
  .addNode('split', says('split'))
  .addNode('work', ({ task }: typeof State.State) => ({ trail: [`work ${task}`] }))
  .addNode('gather', ({ trail }) => ({ trail: [`gathered ${trail.length}`] }), { defer: true })
  .addEdge(START, 'split')
  .addConditionalEdges('split', () => ['a', 'b', 'c'].map((task) => new Send('work', { task })))
  .addEdge('work', 'gather');

/** Parallel tasks of one node, of which some ask. */
export const askingSends = new StateGraph(State)
  .addNode('split', says('split'))
  .addNode('work', ({ task }: typeof State.State) => ({
    trail: [task === 'b' ? 'no question' : String(interrupt(`${task}?`))],
  }))
  .addNode('gather', says('gathered'))
  .addEdge(START, 'split')
  .addConditionalEdges('split', () => ['a', 'b', 'c'].map((task) => new Send('work', { task })))
  .addEdge('work', 'gather');

/** Its subgraph asks, two levels down. */
export const nested = new StateGraph(State)
  .addNode(
    'child',
    new StateGraph(State)
      .addNode('before', says('before'))
      .addNode(
        'grandchild',
        new StateGraph(State)
          .addSequence({ within: says('within'), asks: asks('inner?') })
          .addEdge(START, 'within')
          .compile(),
      )
      .addNode('after', says('after'))
      .addEdge(START, 'before')
      .addEdge('before', 'grandchild')
      .addEdge('grandchild', 'after')
      .compile(),
  )
  .addNode('end', says('end'))
  .addEdge(START, 'child')
  .addEdge('child', 'end');

/** Waits until as many others wait, so that subgraphs side by side take their steps in the same turn. */
function together(most: number) {
  const waiting: (() => void)[] = [];
  return async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    waiting.push(resolve);
    const release = () => {
      for (const go of waiting.splice(0)) go();
    };
    // A last one that has nobody to wait for goes on by itself.
    if (waiting.length >= most) setImmediate(release);
    else setTimeout(release, 20);
    await promise;
  };
}

function inStep(name: string, meet: () => Promise<void>) {
  return async () => {
    await meet();
    return { trail: [name] };
  };
}

/** What subgraphs beside each other return: one key, whose values can be joined. */
const Trail = Annotation.Root({ trail: add });

/** A subgraph of two steps, which it takes at the same time as its siblings. */
function twoSteps(name: string, meet: () => Promise<void>) {
  return new StateGraph({ state: State, output: Trail })
    .addSequence({
      first: inStep(`${name} first`, meet),
      second: inStep(`${name} second`, meet),
    })
    .addEdge(START, 'first')
    .compile();
}

/** Subgraphs beside each other. */
const meetTwo = together(2);
export const subgraphsBeside = new StateGraph(State)
  .addNode('left', twoSteps('left', meetTwo))
  .addNode('right', twoSteps('right', meetTwo))
  .addNode('join', ({ trail }) => ({ trail: [`joined ${trail.length}`] }))
  .addEdge(START, 'left')
  .addEdge(START, 'right')
  .addEdge(['left', 'right'], 'join');

/** Sends to one subgraph. */
const meetFour = together(4);
export const sendsToSubgraph = new StateGraph(State)
  .addNode('split', says('split'))
  .addNode('work', twoSteps('work', meetFour))
  .addNode('gather', ({ trail }) => ({ trail: [`gathered ${trail.length}`] }))
  .addEdge(START, 'split')
  .addConditionalEdges('split', () =>
    ['a', 'b', 'c', 'd'].map((task) => new Send('work', { task, trail: [] })),
  )
  .addEdge('work', 'gather');

/** Subgraphs beside each other, each with two of its own, one of which asks. */
const meetDeep = together(3);
function branch(name: string, asking: boolean) {
  const inner = new StateGraph({ state: State, output: Trail })
    .addSequence({
      begins: inStep(`${name} begins`, meetDeep),
      ends: asking ? asks(`${name}?`) : inStep(`${name} ends`, meetDeep),
    })
    .addEdge(START, 'begins')
    .compile();
  return new StateGraph({ state: State, output: Trail })
    .addNode('one', inner)
    .addNode('two', twoSteps(`${name} two`, meetDeep))
    .addNode('both', says(`${name} both`))
    .addEdge(START, 'one')
    .addEdge(START, 'two')
    .addEdge(['one', 'two'], 'both')
    .compile();
}
export const deepBeside = new StateGraph(State)
  .addNode('left', branch('left', true))
  .addNode('right', branch('right', false))
  .addNode('join', ({ trail }) => ({ trail: [`joined ${trail.length}`] }))
  .addEdge(START, 'left')
  .addEdge(START, 'right')
  .addEdge(['left', 'right'], 'join');

/** The subgraph keeps its checkpoints in a place of its own. */
export const nestedOwn = new StateGraph(State)
  .addNode(
    'child',
    new StateGraph(State)
      .addSequence({ within: says('within'), asks: asks('own?') })
      .addEdge(START, 'within')
      .compile({ checkpointer: new MemorySaver() }),
  )
  .addNode('end', says('end'))
  .addEdge(START, 'child')
  .addEdge('child', 'end');

/** The subgraph remembers from one visit to the next, and asks at each. */
const Remembering = Annotation.Root({ trail: Annotation<string[]>, visits: add });
export const lasting = new StateGraph(State)
  .addNode('begin', says('begin'))
  .addNode(
    'child',
    new StateGraph(Remembering)
      .addNode('visit', ({ visits }) => ({ visits: [`visit ${visits.length + 1}`] }))
      .addNode('asks', ({ visits }) => ({
        trail: [`${visits.join('+')}: ${String(interrupt(`visit ${visits.length}?`))}`],
      }))
      .addEdge(START, 'visit')
      .addEdge('visit', 'asks')
      .compile({ checkpointer: true }),
  )
  .addNode('again', ({ trail }) => ({ trail: [`seen ${trail.length}`] }))
  .addEdge(START, 'begin')
  .addEdge('begin', 'child')
  .addEdge('child', 'again')
  .addConditionalEdges('again', ({ trail }) => (trail.length < 8 ? 'child' : END));

export const twoQuestions = new StateGraph(State)
  .addNode('asker', () => ({ trail: [String(interrupt('first?')), String(interrupt('second?'))] }))
  .addNode('end', says('end'))
  .addEdge(START, 'asker')
  .addEdge('asker', 'end');

export const parallelQuestions = new StateGraph(State)
  .addNode('left', asks('left?'))
  .addNode('right', asks('right?'))
  .addNode('silent', says('silent'))
  .addNode('end', says('end'))
  .addEdge(START, 'left')
  .addEdge(START, 'right')
  .addEdge(START, 'silent')
  .addEdge(['left', 'right', 'silent'], 'end');

/** Fails at the first try in each session, beside a task that finishes. */
const tried = new Set<string>();
export const retried = new StateGraph(State)
  .addNode('begin', says('begin'))
  .addNode('shaky', async (_state, config: LangGraphRunnableConfig) => {
    // LangGraph loses what a task that is not quite done writes beside one that fails.
    await sleep(20);
    const thread = String(config.configurable?.['thread_id']);
    if (tried.size < tried.add(thread).size) throw new RangeError('too shaky');
    return { trail: ['steady'] };
  })
  .addNode('solid', says('solid'))
  .addNode('end', says('end'))
  .addEdge(START, 'begin')
  .addEdge('begin', 'shaky')
  .addEdge('begin', 'solid')
  .addEdge(['shaky', 'solid'], 'end');

const spread = () =>
  new DeltaChannel<string[], string[]>((state, writes) => state.concat(...writes), {
    snapshotFrequency: 3,
    initialValueFactory: () => [],
  });
const writers = ['a', 'b', 'c', 'd'] as const;
const Spread = Annotation.Root({
  task: Annotation<string>,
  trail: spread,
});

/** Many writers of one DeltaChannel, some of whose steps store its value whole and some do not. */
export const delta = new StateGraph(Spread)
  .addNode('first', () => ({ trail: ['first'] }))
  .addNode('a', () => ({ trail: ['a'] }))
  .addNode('b', () => ({ trail: ['b', 'b'] }))
  .addNode('c', () => ({ trail: [String(interrupt('c?'))] }))
  .addNode('d', () => ({ trail: ['d'] }))
  .addNode('rest', () => ({}))
  .addNode('last', ({ trail }) => ({ trail: [`last of ${String(trail?.length)}`] }))
  .addEdge(START, 'first')
  .addEdge('first', 'a')
  .addEdge('first', 'b')
  .addEdge('first', 'c')
  .addEdge('first', 'd')
  .addEdge([...writers], 'rest')
  .addEdge('rest', 'last');

/** Adds to a DeltaChannel that is stored whole but rarely. */
export const longDelta = new StateGraph(
  Annotation.Root({
    trail: () =>
      new DeltaChannel<string[], string[]>((state, writes) => state.concat(...writes), {
        initialValueFactory: () => [],
      }),
  }),
)
  .addNode('step', ({ trail }) => ({ trail: [String(trail?.length)] }))
  .addEdge(START, 'step')
  .addConditionalEdges('step', ({ trail }) => ((trail?.length ?? 0) < 60 ? 'step' : END));

/** Its subgraph asks while its own DeltaChannel is not stored whole. */
export const nestedDelta = new StateGraph(State)
  .addNode(
    'child',
    new StateGraph(Spread)
      .addNode('one', () => ({ trail: ['one'] }))
      .addNode('two', () => ({ trail: ['two'] }))
      .addNode('asks', () => ({ trail: [String(interrupt('delta?'))] }))
      .addEdge(START, 'one')
      .addEdge('one', 'two')
      .addEdge('two', 'asks')
      .compile(),
  )
  .addEdge(START, 'child');

// Graphs that a node calls itself, which no drawing of its graph shows.
const memory = new StateGraph(Annotation.Root({ visits: add }))
  .addNode('visit', ({ visits }) => ({ visits: [`v${visits.length + 1}`] }))
  .addEdge(START, 'visit')
  .compile({ checkpointer: true });
const spreadMemory = new StateGraph(Annotation.Root({ visits: spread }))
  .addNode('visit', ({ visits }) => ({ visits: [`v${String((visits?.length ?? 0) + 1)}`] }))
  .addEdge(START, 'visit')
  .compile({ checkpointer: true });
const spreadAsker = new StateGraph(Spread)
  .addNode('one', () => ({ trail: ['one'] }))
  .addNode('two', () => ({ trail: ['two'] }))
  .addNode('asks', () => ({ trail: [String(interrupt('unseen?'))] }))
  .addEdge(START, 'one')
  .addEdge('one', 'two')
  .addEdge('two', 'asks')
  .compile();

type Call = (config: LangGraphRunnableConfig) => Promise<readonly string[]>;

/** Calls, asks, and calls again, four times over. */
function calling(...calls: readonly Call[]) {
  return new StateGraph(State)
    .addNode('caller', async (_state, config: LangGraphRunnableConfig) => {
      const said: string[] = [];
      for (const call of calls) said.push((await call(config)).join('+'));
      return { trail: [said.join(' ')] };
    })
    .addNode('asks', ({ trail }) => ({ trail: [String(interrupt(`${trail.length}?`))] }))
    .addEdge(START, 'caller')
    .addEdge('caller', 'asks')
    .addConditionalEdges('asks', ({ trail }) => (trail.length < 8 ? 'caller' : END));
}

const visit: Call = async (config) => (await memory.invoke({ visits: [] }, config)).visits;
const spreadVisit: Call = async (config) =>
  (await spreadMemory.invoke({ visits: [] }, config)).visits ?? [];
const within = new StateGraph(State)
  .addNode('m', async (_state, config: LangGraphRunnableConfig) => ({
    trail: [(await visit(config)).join('+')],
  }))
  .addEdge(START, 'm')
  .compile();
const deepVisit: Call = async (config) => (await within.invoke({ trail: [] }, config)).trail;

export const unseen = calling(visit);
export const unseenTwice = calling(visit, visit);
export const unseenDeep = calling(deepVisit);
export const unseenSpread = calling(spreadVisit);
export const unseenDelta = new StateGraph(State)
  .addNode('caller', async (_state, config: LangGraphRunnableConfig) => {
    const { trail } = await spreadAsker.invoke({ trail: [] }, config);
    return { trail: [(trail ?? []).join('+')] };
  })
  .addNode('end', says('end'))
  .addEdge(START, 'caller')
  .addEdge('caller', 'end');

/** Visits a subgraph that remembers, again and again, without a rest. */
export const restless = new StateGraph(State)
  .addNode('child', async (_state, config: LangGraphRunnableConfig) => {
    await sleep(5);
    return { trail: [(await visit(config)).join('+')] };
  })
  .addNode('between', says('between'))
  .addEdge(START, 'child')
  .addEdge('child', 'between')
  .addConditionalEdges('between', ({ trail }) => (trail.length < 20 ? 'child' : END));

const replies =
  (text: string) =>
  ({ messages }: { messages: BaseMessage[] }) => ({
    messages: [new AIMessage({ id: `${text} ${messages.length}`, content: text })],
  });
export const messages = new StateGraph(MessagesAnnotation)
  .addSequence({ greet: replies('hello'), part: replies('goodbye') })
  .addEdge(START, 'greet');

export const deltaMessages = new StateGraph(
  Annotation.Root({
    messages: () => new DeltaChannel(messagesDeltaReducer),
  }),
)
  .addSequence({
    greet: () => ({ messages: [new AIMessage({ id: 'a', content: 'hello' })] }),
    ask: () => ({
      messages: [new AIMessage({ id: 'b', content: String(interrupt('and you?')) })],
    }),
    mend: () => ({ messages: [new AIMessage({ id: 'a', content: 'hello again' })] }),
  })
  .addEdge(START, 'greet');

/** A value that no checkpoint holds: what LangGraph.js has in the place of managed values. */
const Untracked = new StateSchema({
  trail: z.array(z.string()).default([]),
  secret: new UntrackedValue(z.string()),
});
export const untracked = new StateGraph(Untracked)
  .addNode('learns', () => ({ secret: 'known', trail: ['learnt'] }))
  .addNode('forgets', ({ trail }) => ({ trail: [...trail, String(interrupt('what?'))] }))
  .addNode('ends', ({ trail, secret }) => ({ trail: [...trail, secret ?? 'forgotten'] }))
  .addEdge(START, 'learns')
  .addEdge('learns', 'forgets')
  .addEdge('forgets', 'ends');

/** Goes where its commands say, out of a subgraph too. */
export const commands = new StateGraph(State)
  .addNode(
    'choose',
    () => new Command({ goto: ['here', 'there'], update: { trail: ['chosen'] } }),
    {
      ends: ['here', 'there'],
    },
  )
  .addNode('here', says('here'))
  .addNode(
    'there',
    new StateGraph(State)
      .addNode(
        'leave',
        () =>
          new Command({
            goto: 'end',
            graph: Command.PARENT,
            update: { trail: ['left'] },
          }),
      )
      .addEdge(START, 'leave')
      .compile(),
    { ends: ['end'] },
  )
  .addNode('end', says('end'))
  .addEdge(START, 'choose');

/** Waits before a node, without a question. */
export const breakpoint = new StateGraph(State)
  .addSequence({ before: says('before'), after: says('after') })
  .addEdge(START, 'before')
  .compile({ interruptBefore: ['after'] });

const double = task('double', (word: string) => `${word}${word}`);
/** The functional API: its tasks' results hang on the one checkpoint that it has. */
export const functional = entrypoint('functional', async ({ word }: { word: string }) => {
  const [once, other] = await Promise.all([double(word), double('y')]);
  const answer: unknown = interrupt(`${once}${other}?`);
  return double(`${once}${String(answer)}`);
});

/** Writes down what it is told; where that ends with a question mark, with the answer to it. */
export const scribe = new StateGraph(Annotation.Root({ say: Annotation<string>, trail: add }))
  .addNode('write', ({ say }) => ({
    trail: [say.endsWith('?') ? `${say} ${String(interrupt(say))}` : say],
  }))
  .addEdge(START, 'write');

/** Whose node calls a graph that remembers, unseen. */
export const CALLERS = new Set(['unseen', 'unseenTwice', 'unseenSpread', 'unseenDeep']);

/** What each is started with. */
export const SHAPES: Readonly<Record<string, unknown>> = {
  plain: { task: 'go' },
  parallel: { task: 'go' },
  sends: { task: 'go' },
  askingSends: { task: 'go' },
  nested: { task: 'go' },
  subgraphsBeside: { task: 'go' },
  sendsToSubgraph: { task: 'go' },
  deepBeside: { task: 'go' },
  nestedOwn: { task: 'go' },
  lasting: { task: 'go' },
  twoQuestions: { task: 'go' },
  parallelQuestions: { task: 'go' },
  retried: { task: 'go' },
  delta: { task: 'go' },
  nestedDelta: { task: 'go' },
  messages: { messages: [{ role: 'user', content: 'hi', id: 'human' }] },
  deltaMessages: { messages: [{ role: 'user', content: 'hi', id: 'human' }] },
  untracked: { trail: ['go'] },
  commands: { task: 'go' },
  breakpoint: { task: 'go' },
  functional: { word: 'x' },
  unseen: { task: 'go' },
  unseenTwice: { task: 'go' },
  unseenDeep: { task: 'go' },
  unseenSpread: { task: 'go' },
  unseenDelta: { task: 'go' },
};
