// A page over the progress feed: it starts the audit, shows its steps as they happen, answers its question, and goes on
// where it was when it is loaded again. All it remembers is the session's id and first cursor, in its address; the
// log tells the rest.
import { createClient } from 'graphql-ws';
import { graphql } from '../../gql/gql.ts';
import type { LiveEventFragment, TypedDocumentString } from '../../gql/graphql.ts';
// In a project of your own: 'session-gateway/client'.
import { watchSession } from '../../src/client/index.ts';

const Start = graphql(`
  mutation LiveStart {
    startSession(input: { graph: { repoAudit: { path: "." } } }) {
      session {
        id
        cursor
      }
    }
  }
`);

const Answer = graphql(`
  mutation LiveAnswer($id: ID!, $interruptId: ID!, $answer: AnswerValue!) {
    resumeSession(
      input: { sessionId: $id, answers: [{ interruptId: $interruptId, answer: $answer }] }
    ) {
      run {
        id
      }
    }
  }
`);

const Report = graphql(`
  query LiveReport($id: ID!) {
    session(id: $id) {
      state {
        ... on RepoAuditState {
          report
        }
      }
    }
  }
`);

const Fields = graphql(`
  fragment LiveEvent on ProgressEvent {
    __typename
    ... on NodeFinished {
      node
    }
    ... on CheckpointSaved {
      step
      next
    }
    ... on CustomProgress {
      payload
    }
    ... on RunStatusChanged {
      status
      error {
        message
      }
    }
    ... on InterruptsRaised {
      interrupts {
        interruptId
        question {
          ... on RepoAuditPublishQuestion {
            question
            report
          }
        }
      }
    }
  }
`);

const gateway = new URL(location.href).searchParams.get('gateway') ?? `${location.origin}/graphql`;
const client = createClient({ url: gateway.replace(/^http/, 'ws') });

const find = (id: string) => document.getElementById(id) as HTMLElement;
const start = find('start') as HTMLButtonElement;
const question = find('question') as HTMLFormElement;

start.addEventListener('click', () => {
  start.disabled = true;
  void execute(Start, {}).then(({ startSession: { session } }) => {
    history.replaceState(null, '', `#${session.id}/${session.cursor}`);
    return show(session.id, session.cursor);
  });
});
/** What the question that is shown is answered by. */
let interruptId = '';
question.addEventListener('submit', (submitted) => {
  submitted.preventDefault();
  question.hidden = true;
  const leaveOut = (find('leave-out') as HTMLInputElement).value.trim();
  const exclude = leaveOut.split(/\s*,\s*/);
  const publish = leaveOut === '' ? { approve: true } : { exclude: { exclude } };
  const [id = ''] = location.hash.slice(1).split('/');
  void execute(Answer, { id, interruptId, answer: { repoAuditPublish: publish } });
});

const [known = '', since = ''] = location.hash.slice(1).split('/');
if (known !== '') void show(known, since);

/** Shows the session from its beginning on: what the page shows follows from the events alone. */
async function show(id: string, after: string): Promise<void> {
  start.disabled = true;
  const watch = watchSession({
    client,
    sessionId: id,
    after,
    fields: Fields,
    onState: (state) => {
      find('state').textContent = state;
    },
  });
  for await (const event of watch) showEvent(id, event);
}

function showEvent(id: string, event: LiveEventFragment): void {
  if (event.__typename === 'NodeFinished') {
    const step = document.createElement('li');
    step.textContent = event.node;
    find('steps').append(step);
  }
  if (event.__typename === 'CustomProgress')
    find('progress').textContent = JSON.stringify(event.payload);
  if (event.__typename === 'InterruptsRaised') ask(event.interrupts[0]);
  if (event.__typename === 'RunStatusChanged') {
    find('status').textContent = event.error?.message ?? event.status;
    if (event.status !== 'INTERRUPTED') question.hidden = true;
    if (event.status === 'SUCCEEDED') void showReport(id);
  }
}

type Asked = Extract<LiveEventFragment, { __typename: 'InterruptsRaised' }>['interrupts'][number];

function ask(asked: Asked | undefined): void {
  if (asked === undefined || !('report' in asked.question)) return;
  find('asked').textContent = asked.question.question;
  find('report').textContent = asked.question.report;
  interruptId = asked.interruptId;
  question.hidden = false;
}

async function showReport(id: string): Promise<void> {
  const { session } = await execute(Report, { id });
  const state = session?.state;
  if (state && 'report' in state) find('report').textContent = state.report;
}

/** Over the same socket. */
async function execute<Result, Variables extends Record<string, unknown>>(
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
): Promise<Result> {
  const results = client.iterate<Result>({ query: document.toString(), variables });
  for await (const { data, errors } of results) {
    if (errors !== undefined) throw new Error(errors.map(({ message }) => message).join('; '));
    if (data) return data;
  }
  throw new Error('there was no answer');
}
