// What GraphiQL opens with: the main job, one tab a step, for the graphs that are served.
import { isPlainObject } from '../session/json-input.ts';

interface Tab {
  readonly query: string;
  readonly variables?: string;
}

/** What the tabs need to know of a graph. */
interface Startable {
  readonly id: string;
  /** JSON Schema; null where the graph declares none. */
  readonly inputSchema: unknown;
}

const SESSION_ID = '00000000-0000-0000-0000-000000000000';
const session = JSON.stringify({ id: SESSION_ID }, null, 2);

export function graphiqlTabs(graphs: readonly Startable[]): Tab[] {
  const [first] = graphs;
  const names = graphs.map(({ id }) => id).join(', ');
  const input = literalOf(exampleOf(first?.inputSchema, 0) ?? {});
  const start = {
    query: `# 1. Start. Copy the session's id into the variables of the next tabs.
# Graphs: ${names}
mutation Start {
  startSession(input: {graphId: ${JSON.stringify(first?.id ?? '')}, input: ${input}}) {
    session { id status cursor }
    run { id status }
  }
}
`,
  };
  return [start, ...steps];
}

const NAME = /^[A-Z_a-z]\w*$/;

/** JSON as a GraphQL literal, without keys that are no GraphQL names. */
function literalOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literalOf).join(', ')}]`;
  if (!isPlainObject(value)) return JSON.stringify(value);
  const fields = Object.entries(value).filter(([key]) => NAME.test(key));
  return `{${fields.map(([key, field]) => `${key}: ${literalOf(field)}`).join(', ')}}`;
}

const DEEPEST = 4;

/** An example for a JSON Schema: its default or own example, else the simplest value of its type. */
function exampleOf(schema: unknown, depth: number): unknown {
  if (!isPlainObject(schema) || depth > DEEPEST) return undefined;
  const { type, properties, examples, anyOf, oneOf } = schema;
  const [example] = Array.isArray(examples) ? (examples as unknown[]) : [];
  const [choice] = Array.isArray(schema['enum']) ? (schema['enum'] as unknown[]) : [];
  const given = schema['const'] ?? schema['default'] ?? example ?? choice;
  if (given !== undefined) return given;
  const [variant] = [anyOf, oneOf].flatMap((list) =>
    Array.isArray(list) ? (list as unknown[]) : [],
  );
  if (variant !== undefined) return exampleOf(variant, depth + 1);
  if (properties !== undefined && isPlainObject(properties)) {
    const of = Object.entries(properties).map(([key, value]) => [key, exampleOf(value, depth + 1)]);
    return Object.fromEntries(of.filter(([, value]) => value !== undefined)) as unknown;
  }
  return SIMPLEST[Array.isArray(type) ? String(type[0]) : String(type)];
}

const SIMPLEST: Readonly<Record<string, unknown>> = {
  string: 'text',
  integer: 1,
  number: 1,
  boolean: true,
  array: [],
  object: {},
};

const steps: readonly Tab[] = [
  {
    query: `# 2. Watch: a snapshot first, then every event as it happens.
subscription Watch($id: ID!) {
  sessionProgress(sessionId: $id) {
    __typename
    sequence
    at
    ... on SessionSnapshot { session { status next } }
    ... on RunStatusChanged { status sessionStatus attempt error { code message } }
    ... on CheckpointSaved { namespace step source next changedKeys checkpointId }
    ... on NodeStarted { namespace node }
    ... on NodeFinished { namespace node }
    ... on CustomProgress { node payload }
    ... on MessageDelta { node messageId offset text }
    ... on InterruptsRaised { interrupts { interruptId value } }
  }
}
`,
    variables: session,
  },
  {
    query: `# 3. Answer its question: Question shows it and its interruptId.
mutation Answer($id: ID!, $interruptId: ID!, $value: JSON) {
  resumeSession(input: {sessionId: $id, answers: [{interruptId: $interruptId, value: $value}]}) {
    session { id status }
    run { id kind status }
  }
}

query Question($id: ID!) {
  session(id: $id) { status interrupts { interruptId value node } }
}
`,
    variables: JSON.stringify(
      { id: SESSION_ID, interruptId: 'from the question', value: true },
      null,
      2,
    ),
  },
  {
    query: `# 4. Fork: a new session that starts where this one is, or at an earlier checkpoint.
mutation Fork($id: ID!, $checkpointId: ID) {
  forkSession(input: {sessionId: $id, checkpointId: $checkpointId}) {
    session { id status next interrupts { interruptId value } forkedFrom { sessionId checkpointId } }
  }
}
`,
    variables: session,
  },
  {
    query: `# 5. Checkpoints, newest first.
query Checkpoints($id: ID!) {
  checkpoints(sessionId: $id, first: 20) {
    nodes { checkpointId step source next changedKeys createdAt }
    pageInfo { hasNextPage endCursor }
  }
}
`,
    variables: session,
  },
];
