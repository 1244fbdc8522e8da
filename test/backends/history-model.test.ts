// Promises 1, 7, 8 and 9: random sequences of starts, resumes, answers, edits, forks, cancels, trims and deletions, on
// every backend, against a model that holds each session as a list of words.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { trimHistory } from '../../src/graph/trim-history.ts';
import type { Backend } from '../../src/session/ports.ts';
import type { SessionStatus } from '../../src/session/session.ts';
import { ALICE, type InProcess, openInProcess } from './in-process.ts';
import { BACKENDS, openTestBackend } from './open-test-backend.ts';

const KEEP = 3;
const OWNER = { ownerId: ALICE.id };
const HISTORY = { namespace: '', source: null, run: null };

interface ModelState {
  readonly trail: readonly string[];
  readonly question: string | null;
}

interface ModelSession {
  id: string;
  status: SessionStatus;
  state: ModelState;
  /** Where it rested, by checkpoint. */
  readonly rests: Map<string, ModelState>;
}

interface Model {
  readonly sessions: ModelSession[];
}

interface Real {
  readonly backend: Backend;
  readonly gateway: InProcess;
}

/** A step over one of the sessions, which `pick` names; `fc` shrinks it by its number. */
abstract class Step implements fc.AsyncCommand<Model, Real> {
  readonly pick: number;

  constructor(pick: number) {
    this.pick = pick;
  }

  check(model: Readonly<Model>): boolean {
    return model.sessions.length > 0;
  }

  async run(model: Model, real: Real): Promise<void> {
    const session = model.sessions[this.pick % model.sessions.length];
    if (session === undefined) return;
    await this.step(session, model, real);
    for (const each of model.sessions) await compare(each, real);
  }

  protected abstract step(session: ModelSession, model: Model, real: Real): Promise<void>;

  toString(): string {
    return `${this.constructor.name}(${this.pick})`;
  }
}

class Start implements fc.AsyncCommand<Model, Real> {
  readonly words: string;

  constructor(words: string) {
    this.words = words;
  }

  check = () => true;

  async run(model: Model, real: Real): Promise<void> {
    const { session } = await real.gateway.sessions.start(ALICE, { input: { say: this.words } });
    const started: ModelSession = {
      id: session.id,
      status: 'QUEUED',
      state: { trail: [], question: null },
      rests: new Map(),
    };
    model.sessions.push(started);
    await rest(started, say([], this.words), 'SUCCEEDED', real);
    await compare(started, real);
  }

  toString = () => `Start(${this.words})`;
}

class Resume extends Step {
  readonly words: string;

  constructor(pick: number, words: string) {
    super(pick);
    this.words = words;
  }

  protected async step(session: ModelSession, _model: Model, real: Real): Promise<void> {
    const input = { say: this.words };
    await real.gateway.sessions.resume(ALICE, { sessionId: session.id, input, onBusy: 'REJECT' });
    await rest(session, say(session.state.trail, this.words), 'SUCCEEDED', real);
  }
}

class Answer extends Step {
  protected async step(session: ModelSession, _model: Model, real: Real): Promise<void> {
    const { trail, question } = session.state;
    const now = await real.backend.sessions.find(session.id, OWNER);
    if (now === null) throw new Error('the session is gone');
    const [asked] = (await real.gateway.graphs.current(now)).interrupts;
    const answers = [{ interruptId: asked?.interruptId ?? 'none', value: 'yes' }];
    const answered = real.gateway.sessions.resume(ALICE, {
      sessionId: session.id,
      answers,
      onBusy: 'REJECT',
    });
    if (question === null) {
      await expect(answered).rejects.toMatchObject({ code: 'INTERRUPT_MISMATCH' });
    } else {
      await answered;
      const after = { trail: [...trail, `${question} yes`], question: null };
      await rest(session, after, 'SUCCEEDED', real);
    }
  }
}

class Edit extends Step {
  protected async step(session: ModelSession, _model: Model, { gateway }: Real): Promise<void> {
    const edited = await gateway.edits.edit(ALICE, {
      sessionId: session.id,
      values: { trail: ['edited'] },
      asNode: 'write',
    });
    session.state = { trail: [...session.state.trail, 'edited'], question: null };
    session.status = 'IDLE';
    session.rests.set(edited.checkpointId, session.state);
  }
}

/** From any place where the session ever rested, though it may be trimmed by now. */
class Fork extends Step {
  readonly place: number;

  constructor(pick: number, place: number) {
    super(pick);
    this.place = place;
  }

  protected async step(session: ModelSession, model: Model, real: Real): Promise<void> {
    const rests = [...session.rests];
    const [checkpointId, state] = rests[this.place % rests.length] ?? [];
    if (checkpointId === undefined || state === undefined) return;
    const { sessions } = real.backend;
    const row = await sessions.findCheckpoint(session.id, OWNER, checkpointId, '');
    const forking = real.gateway.forks.fork(ALICE, { sessionId: session.id, checkpointId });
    if (row === null) {
      await expect(forking).rejects.toMatchObject({ code: 'CHECKPOINT_NOT_FOUND' });
      return;
    }
    const fork = await forking;
    // As it was when the parent was paused there, though the parent's question was dropped since.
    model.sessions.push({
      id: fork.id,
      status: state.question === null ? 'IDLE' : 'INTERRUPTED',
      state,
      rests: new Map([[checkpointId, state]]),
    });
  }

  override toString = () => `Fork(${this.pick}, ${this.place})`;
}

class Cancel extends Step {
  protected async step(session: ModelSession, _model: Model, { gateway }: Real): Promise<void> {
    await gateway.sessions.cancel(ALICE, session.id);
    if (session.status === 'INTERRUPTED') session.status = 'CANCELLED';
    session.state = { ...session.state, question: null };
  }
}

class Trim extends Step {
  protected async step({ id }: ModelSession, _model: Model, real: Real): Promise<void> {
    const { backend } = real;
    const session = await backend.sessions.find(id, 'system');
    if (session === null) throw new Error('the session is gone');
    await trimHistory(session, { backend, keep: KEEP });
    const { items } = await backend.sessions.listCheckpoints(id, OWNER, HISTORY, {
      first: 100,
      after: null,
    });
    expect(items.length).toBeLessThanOrEqual(KEEP);
  }
}

class Delete extends Step {
  protected async step(session: ModelSession, model: Model, real: Real): Promise<void> {
    await real.gateway.sessions.delete(ALICE, session.id);
    model.sessions.splice(model.sessions.indexOf(session), 1);
    expect(await real.backend.sessions.find(session.id, 'system')).toBeNull();
  }
}

function say(trail: readonly string[], words: string): ModelState {
  return words.endsWith('?')
    ? { trail, question: words }
    : { trail: [...trail, words], question: null };
}

/** Waits until the session rests, and remembers where. */
async function rest(
  session: ModelSession,
  state: ModelState,
  status: SessionStatus,
  real: Real,
): Promise<void> {
  const settled = await real.gateway.settled(session.id);
  session.state = state;
  session.status = state.question === null ? status : 'INTERRUPTED';
  if (settled.head !== null) session.rests.set(settled.head, state);
}

async function compare(model: ModelSession, { backend, gateway }: Real): Promise<void> {
  const session = await backend.sessions.find(model.id, OWNER);
  if (session === null) throw new Error('the session is gone');
  expect(session.status).toBe(model.status);
  const { values, interrupts } = await gateway.graphs.current(session);
  const { trail = [] } = values as { trail?: readonly string[] };
  expect(trail).toEqual(model.state.trail);
  const asked = session.asking ? interrupts.map(({ value }) => value) : [];
  expect(asked).toEqual(model.state.question === null ? [] : [model.state.question]);
}

const pick = fc.nat(20);
const words = fc.constantFrom('a', 'b', 'c?', 'd?');
const commands = [
  words.map((said) => new Start(said)),
  fc.tuple(pick, words).map(([n, said]) => new Resume(n, said)),
  pick.map((n) => new Answer(n)),
  pick.map((n) => new Edit(n)),
  fc.tuple(pick, pick).map(([n, place]) => new Fork(n, place)),
  pick.map((n) => new Cancel(n)),
  pick.map((n) => new Trim(n)),
  pick.map((n) => new Delete(n)),
];

describe.each(BACKENDS)('on %s', (name) => {
  it('histories are what was done, whatever was done in whatever order', async () => {
    await using test = await openTestBackend(name);
    await using gateway = await openInProcess(test.backend, ['scribe'], 'shapes.ts');
    const property = fc.asyncProperty(
      fc.commands(commands, { maxCommands: 25, size: 'max' }),
      async (sequence) => {
        const setup = () => ({
          model: { sessions: [] as ModelSession[] },
          real: { backend: test.backend, gateway },
        });
        await fc.asyncModelRun(setup, sequence);
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });
});
