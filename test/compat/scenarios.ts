// What is done with each graph of test/graphs/compat.

/** New input, answers to all questions in their order, or going on after a breakpoint. */
export type Turn =
  | { readonly input: Readonly<Record<string, unknown>> }
  | { readonly answers: readonly unknown[] }
  | 'continue';

export interface Scenario {
  readonly graph: string;
  readonly context?: Readonly<Record<string, unknown>>;
  readonly configurable?: Readonly<Record<string, unknown>>;
  /** The turns of one thread after another. */
  readonly threads: readonly (readonly Turn[])[];
}

const say = (content: string): Turn => ({ input: { messages: [{ role: 'user', content }] } });

export const SCENARIOS: readonly Scenario[] = [
  { graph: 'agent', threads: [[say('How is Paris?'), say('And now?')]] },
  { graph: 'reactAgent', threads: [[say('How is Paris?')]] },
  { graph: 'parallelTools', threads: [[say('Calculate.')]] },
  { graph: 'middleware', threads: [[say('one'), say('two')]] },
  { graph: 'summarizing', threads: [[say('one'), say('two'), say('three')]] },
  { graph: 'supervisor', threads: [[say('Write about cats.')]] },
  { graph: 'swarm', threads: [[say('Hello'), say('I want the pirate.'), say('Still there?')]] },
  { graph: 'deepAgent', threads: [[say('Take a note.')]] },
  { graph: 'network', threads: [[say('Go.')]] },
  { graph: 'ownSaver', threads: [[say('one'), say('two')], [say('three')]] },
  { graph: 'rag', threads: [[say('What do dogs do?'), say('And the weather?')]] },
  { graph: 'mapReduce', threads: [[{ input: { subjects: ['cats', 'ants', 'dogs'] } }]] },
  { graph: 'reflection', threads: [[say('Write an essay.')]] },
  { graph: 'planAndExecute', threads: [[{ input: { goal: 'the answer' } }]] },
  { graph: 'routing', threads: [[{ input: { kind: 'both' } }, { input: { kind: 'poem' } }]] },
  { graph: 'retried', threads: [[{ input: {} }]] },
  { graph: 'progress', threads: [[{ input: {} }]] },
  { graph: 'generativeUi', threads: [[say('Show me.')]] },
  { graph: 'functional', threads: [[{ input: { word: 'a' } }, { input: { word: 'b' } }]] },
  { graph: 'zod3', threads: [[{ input: { tags: 'mine' } }, { input: { count: 2 } }]] },
  { graph: 'zod4', threads: [[{ input: { secret: 'abc' } }]] },
  { graph: 'zodMessages', threads: [[say('one'), say('two')]] },
  { graph: 'stateSchema', threads: [[{ input: { topic: 'cats', notes: 'mine' } }]] },
  { graph: 'context', context: { userName: 'Ann' }, threads: [[{ input: {} }]] },
  {
    graph: 'memoryAgent',
    configurable: { user_id: 'ann' },
    threads: [[say('Hi'), say('Remember tea')], [say('Remember cake')], [say('What do I like?')]],
  },
  {
    graph: 'semanticMemory',
    threads: [
      [{ input: { learn: ['cats purr', 'dogs bark', 'fish swim'], ask: 'a purring cat' } }],
      [{ input: { ask: 'bark' } }],
    ],
  },
  { graph: 'shortMemory', threads: [[say('one'), say('two'), say('three')]] },
  {
    graph: 'subgraphMemory',
    threads: [[{ input: {} }, { input: {} }, { input: {} }], [{ input: {} }]],
  },
  {
    graph: 'approval',
    threads: [
      [say('Write to Ann.'), { answers: [{ decisions: [{ type: 'approve' }] }] }],
      [say('Write.'), { answers: [{ decisions: [{ type: 'reject', message: 'Never.' }] }] }],
      [
        say('Write to her.'),
        {
          answers: [
            {
              decisions: [
                {
                  type: 'edit',
                  editedAction: { name: 'send_email', args: { to: 'bob@example.org' } },
                },
              ],
            },
          ],
        },
      ],
    ],
  },
  { graph: 'askingTool', threads: [[say('Which?'), { answers: ['green'] }]] },
  {
    graph: 'approveOrReject',
    threads: [
      [{ input: {} }, { answers: [true] }],
      [{ input: {} }, { answers: [false] }],
    ],
  },
  {
    graph: 'validating',
    threads: [[{ input: {} }, { answers: ['old'] }, { answers: [-1] }, { answers: [42] }]],
  },
  { graph: 'parallelQuestions', threads: [[{ input: {} }, { answers: ['a', 'b'] }]] },
  { graph: 'nestedQuestion', threads: [[{ input: {} }, { answers: ['yes'] }]] },
  { graph: 'breakpoint', threads: [[{ input: {} }, 'continue']] },
  { graph: 'review', threads: [[{ input: { topic: 'cats' } }, { answers: ['good'] }]] },
  {
    graph: 'conversation',
    threads: [[say('Hello'), { answers: ['How are you?'] }, { answers: ['Bye'] }]],
  },
];
