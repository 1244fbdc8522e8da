// What GraphiQL opens with: the main job, one tab a step.
interface Tab {
  readonly query: string;
  readonly variables?: string;
}

const SESSION_ID = '00000000-0000-0000-0000-000000000000';
const session = JSON.stringify({ id: SESSION_ID }, null, 2);

export const graphiqlTabs: Tab[] = [
  {
    query: `# 1. Start. Copy the session's id into the variables of the next tabs.
mutation Start {
  startSession(input: {graphId: "repo-audit", input: {path: "."}}) {
    session { id status cursor }
    run { id status }
  }
}
`,
  },
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
mutation Answer($id: ID!, $interruptId: ID!) {
  resumeSession(input: {sessionId: $id, answers: [{interruptId: $interruptId, value: {approve: true}}]}) {
    session { id status }
    run { id kind status }
  }
}

query Question($id: ID!) {
  session(id: $id) { status interrupts { interruptId value node } }
}
`,
    variables: JSON.stringify({ id: SESSION_ID, interruptId: 'from the question' }, null, 2),
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
