// Graphs as the console may meet them: with what must not be believed, with questions of all shapes, and with much to show.
import { AIMessage, HumanMessage } from '@langchain/core/messages';
import {
  Annotation,
  END,
  type LangGraphRunnableConfig,
  MessagesAnnotation,
  START,
  StateGraph,
  entrypoint,
  interrupt,
} from '@langchain/langgraph';
import { z } from 'zod';

/** Runs as a script wherever it is taken for HTML. */
export const HOSTILE = `<img src=x onerror="document.title='hacked'"><script>document.title='hacked'</script>`;

const HostileState = Annotation.Root({
  ...MessagesAnnotation.spec,
  task: Annotation<string>,
  note: Annotation<unknown>,
});

/** All that it says and is called is hostile. */
export const hostile = new StateGraph(HostileState)
  .addNode('<b onclick=alert(1)>node', () => ({
    note: { [HOSTILE]: HOSTILE, link: 'javascript:alert(1)' },
    messages: [
      new HumanMessage(HOSTILE),
      new AIMessage(
        `${HOSTILE}\n\n[link](javascript:document.title='hacked') ![image](https://elsewhere.example/x.png)`,
      ),
    ],
  }))
  .addNode('ask', () => {
    interrupt({ question: `${HOSTILE} [link](javascript:alert(1))`, [HOSTILE]: [HOSTILE] });
    return {};
  })
  .addEdge(START, '<b onclick=alert(1)>node')
  .addEdge('<b onclick=alert(1)>node', 'ask')
  .addEdge('ask', END)
  .compile();

const Told = Annotation.Root({ task: Annotation<string>, told: Annotation<unknown> });

const action = (name: string) => ({
  action_request: { action: name, args: { to: 'ada@example.com', body: 'Hello' } },
  config: { allow_accept: true, allow_edit: true, allow_respond: true, allow_ignore: true },
  description: `Shall I **${name}**?`,
});

/** As LangChain's Agent Inbox has it. */
export const inboxed = asking(() => interrupt([action('send_mail')]));

/** As langchain's humanInTheLoopMiddleware has it. */
export const middleware = asking(() =>
  interrupt({
    actionRequests: [{ name: 'transfer', args: { amount: 12 }, description: 'It wants to pay.' }],
    reviewConfigs: [{ actionName: 'transfer', allowedDecisions: ['approve', 'reject'] }],
  }),
);

/** In words alone. */
export const plain = asking(() => interrupt('What is your *name*?'));

function asking(ask: () => unknown) {
  return new StateGraph(Told)
    .addNode('ask', () => ({ told: ask() }))
    .addEdge(START, 'ask')
    .addEdge('ask', END)
    .compile();
}

/** Of the functional API: it has no values until it returns. */
export const functional = entrypoint('functional', async ({ task }: { task: string }) => {
  const told = interrupt<string, unknown>(`What of *${task}*?`);
  return { told };
});

const CountState = Annotation.Root({
  count: Annotation<number>({ reducer: (_old, given) => given, default: () => 0 }),
  until: Annotation<number>({ reducer: (_old, given) => given, default: () => 10 }),
  pauseMs: Annotation<number>({ reducer: (_old, given) => given, default: () => 0 }),
});

/** So many steps, with a pause in each. */
export const counter = new StateGraph(CountState)
  .addNode('add', async ({ count, pauseMs }, { signal }: LangGraphRunnableConfig) => {
    if (pauseMs > 0) await pause(pauseMs, signal);
    return { count: count + 1 };
  })
  .addEdge(START, 'add')
  .addConditionalEdges('add', ({ count, until }) => (count < until ? 'add' : END), ['add', END])
  .compile();

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

const inner = new StateGraph(CountState)
  .addNode('look', async ({ pauseMs }) => {
    await pause(pauseMs, undefined);
    return {};
  })
  .addNode('judge', () => ({}))
  .addEdge(START, 'look')
  .addEdge('look', 'judge')
  .addEdge('judge', END)
  .compile();

/** With a subgraph. */
export const nested = new StateGraph(CountState)
  .addNode('inner', inner)
  .addNode('after', ({ count }) => ({ count: count + 1 }))
  .addEdge(START, 'inner')
  .addEdge('inner', 'after')
  .addEdge('after', END)
  .compile();

/** What it takes is declared. */
export const formed = new StateGraph(
  z.object({
    city: z.string().min(2).describe('Where to go'),
    days: z.int().min(1).default(3),
    plan: z.string().default(''),
  }),
)
  .addNode('planner', ({ city, days }) => ({ plan: `${days} days in ${city}` }))
  .addEdge(START, 'planner')
  .addEdge('planner', END)
  .compile();

/** Fails at its second node until the state is mended. */
export const broken = new StateGraph(CountState)
  .addNode('first', () => ({ count: 1 }))
  .addNode('second', ({ count }) => {
    if (count < 5) throw new Error(`the count is only ${count}`);
    return { until: count };
  })
  .addEdge(START, 'first')
  .addEdge('first', 'second')
  .addEdge('second', END)
  .compile();
