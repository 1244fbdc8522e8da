// Starts the gateway as its own process, audits this repository over the public API, shows progress as it happens,
// answers the question and prints the report. `npm run demo`.
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { graphql } from '../gql/gql.ts';
import type { DemoEventFragment } from '../gql/graphql.ts';
// In a project of your own: 'session-gateway/client'.
import { type SessionWatch, watchSession } from '../src/client/index.ts';
import { execute } from './execute.ts';
import { startGateway } from './start-gateway.ts';

const Start = graphql(`
  mutation DemoStart($input: StartSessionInput!) {
    startSession(input: $input) {
      session {
        id
        cursor
      }
    }
  }
`);

const Fields = graphql(`
  fragment DemoEvent on ProgressEvent {
    __typename
    ... on NodeFinished {
      node
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
          }
        }
      }
    }
  }
`);

const Answer = graphql(`
  mutation DemoAnswer($id: ID!, $interruptId: ID!, $answer: AnswerValue!) {
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
  query DemoReport($id: ID!) {
    session(id: $id) {
      status
      state {
        ... on RepoAuditState {
          report
        }
      }
    }
  }
`);

await using gateway = await startGateway();
await audit(gateway.url);

async function audit(url: string): Promise<void> {
  say(`gateway    ${url}`);
  const { startSession } = await execute(url, Start, {
    input: { graph: { repoAudit: { path: '.' } } },
  });
  const { id, cursor } = startSession.session;
  say(`session    ${id}`);
  const client = createClient({ url: url.replace('http', 'ws'), webSocketImpl: WebSocket });
  let after: string | null = cursor;
  for (;;) {
    let question: string | undefined;
    const watch: SessionWatch<DemoEventFragment> = watchSession({
      client,
      sessionId: id,
      after,
      untilSettled: true,
      fields: Fields,
    });
    for await (const event of watch) {
      show(event);
      if (event.__typename === 'InterruptsRaised') question = event.interrupts[0]?.interruptId;
    }
    after = watch.cursor;
    if (question === undefined) break;
    say('answer     approve');
    const answer = { repoAuditPublish: { approve: true } };
    await execute(url, Answer, { id, interruptId: question, answer });
  }
  const { session } = await execute(url, Report, { id });
  const report = session?.state && 'report' in session.state ? session.state.report : null;
  process.stdout.write(`\n${report ?? ''}\n`);
  if (session?.status !== 'SUCCEEDED') throw new Error(`the session ended ${session?.status}`);
}

function show(event: DemoEventFragment): void {
  if (event.__typename === 'NodeFinished') say(`finished   ${event.node}`);
  if (event.__typename === 'CustomProgress') say(`progress   ${JSON.stringify(event.payload)}`);
  if (event.__typename === 'InterruptsRaised') {
    for (const { question } of event.interrupts)
      if ('question' in question) say(`question   ${question.question}`);
  }
  if (event.__typename === 'RunStatusChanged') {
    say(`run        ${event.status}${event.error ? ` (${event.error.message})` : ''}`);
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
