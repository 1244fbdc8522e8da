// Graphs in the manner of LangGraph's documentation: served by the gateway, each says, asks and ends as it does by itself.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Environment, ENVIRONMENTS, openEnvironment } from '../support/environments.ts';
import { type Program, startProgram } from '../support/program.ts';
import { User } from '../support/user.ts';
import langgraphJson from '../graphs/compat/langgraph.json' with { type: 'json' };
import { type Outcome, outcomeOf } from './outcome.ts';
import { runPlain } from './plain.ts';
import { SCENARIOS, type Scenario, type Turn } from './scenarios.ts';

const FOLDER = join(import.meta.dirname, '../graphs/compat');

it('every graph has a scenario', () => {
  expect(SCENARIOS.map(({ graph }) => graph)).toEqual(Object.keys(langgraphJson.graphs));
  expect(SCENARIOS.length).toBeGreaterThanOrEqual(25);
});

/** What LangGraph makes of each scenario by itself. */
const expected = new Map<string, Outcome[]>();

beforeAll(async () => {
  for (const scenario of SCENARIOS) {
    const target = Object.entries(langgraphJson.graphs).find(([id]) => id === scenario.graph)?.[1];
    const [file = '', name = ''] = target?.split(':') ?? [];
    const module = (await import(join(FOLDER, file))) as Record<string, unknown>;
    expected.set(scenario.graph, await runPlain(module[name], scenario));
  }
});

describe.each(ENVIRONMENTS)('ENV=%s', (ENV) => {
  let environment: Environment;
  let program: Program;
  let alice: User;

  beforeAll(async () => {
    environment = await openEnvironment(ENV);
    const LANGGRAPH_JSON = join(FOLDER, 'langgraph.json');
    program = await startProgram({ ...environment.settings, LANGGRAPH_JSON });
    alice = new User(program.url);
  });

  afterAll(async () => {
    await program[Symbol.asyncDispose]();
    await environment[Symbol.asyncDispose]();
  });

  it.each(SCENARIOS.map((scenario) => [scenario.graph, scenario] as const))(
    '%s',
    async (graph, scenario) => {
      const outcomes: Outcome[] = [];
      for (const turns of scenario.threads)
        outcomes.push(...(await runThread(alice, scenario, turns)));
      expect(outcomes).toEqual(expected.get(graph));
    },
  );
});

async function runThread(
  user: User,
  { graph, context, configurable }: Scenario,
  turns: readonly Turn[],
): Promise<Outcome[]> {
  const [first] = turns;
  const input = first !== undefined && first !== 'continue' && 'input' in first ? first.input : {};
  // It stops before it has begun, so that it can be watched from its beginning on.
  const given = { ...(context && { context }), ...(configurable && { configurable }) };
  const id = await user.start({ graphId: graph, input, interruptBefore: ['*'], ...given });
  await user.settled(id);
  const outcomes: Outcome[] = [];
  for (const [n, turn] of turns.entries())
    outcomes.push(await runTurn(user, id, n === 0 ? 'continue' : turn));
  return outcomes;
}

async function runTurn(user: User, id: string, turn: Turn): Promise<Outcome> {
  const texts = new Map<string, string>();
  const custom: unknown[] = [];
  for await (const event of user.watch(id, { untilSettled: false })) {
    if (event.type === 'SessionSnapshot') await resume(user, id, turn);
    if (event.type === 'MessageDelta' && 'messageId' in event) {
      const before = texts.get(event.messageId) ?? '';
      texts.set(event.messageId, before.slice(0, event.offset) + event.text);
    }
    if (event.type === 'CustomProgress' && 'payload' in event) custom.push(event.payload);
    if (event.type === 'RunStatusChanged' && 'status' in event) {
      if (['SUCCEEDED', 'INTERRUPTED', 'FAILED'].includes(event.status)) break;
    }
  }
  const { values, interrupts, latestRun } = await user.settled(id);
  expect(latestRun?.error).toBeNull();
  return outcomeOf({
    values,
    interrupts: interrupts.map(({ value }) => value),
    texts: [...texts.values()],
    custom,
  });
}

async function resume(user: User, id: string, turn: Turn): Promise<void> {
  if (turn === 'continue') await user.resume({ sessionId: id });
  else if ('input' in turn) await user.resume({ sessionId: id, input: turn.input });
  else {
    const { interrupts } = await user.look(id);
    const answers = interrupts.map(({ interruptId }, n) => ({
      interruptId,
      value: turn.answers[n],
    }));
    await user.resume({ sessionId: id, answers });
  }
}
