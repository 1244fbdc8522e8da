// What an application does with a session, over any GraphQL client: starts it, watches it up to its question, answers, pages
// through its history, forks it, and has a list that is live. The folders beside this file show how each client is set up.

/** What a GraphQL client has to do. */
export interface TourClient {
  request<Data>(document: string, variables: Variables): Promise<Data>;
  /** What happens to a session after a cursor, until it is settled. It goes on after its last cursor where its connection breaks. */
  watch(id: string, after: string): AsyncIterable<ProgressEvent>;
  /** Which sessions change. */
  changes(): AsyncIterable<Change>;
}

export type Variables = Record<string, unknown>;

export interface ProgressEvent {
  readonly __typename: string;
  readonly sequence: number;
  readonly cursor: string;
  readonly interrupts?: readonly { readonly interruptId: string }[];
}

/** What the tour has seen. */
export interface Tour {
  readonly sessionId: string;
  /** The events that are stored, up to the question and after the answer. */
  readonly events: readonly ProgressEvent[];
  /** The steps of its history, the newest first. */
  readonly steps: readonly number[];
  readonly fork: { readonly status: string; readonly forkedFrom: { readonly sessionId: string } };
  /** What a live list was told, from its beginning until another session was made. */
  readonly changes: readonly string[];
}

const START = `mutation Start($input: StartSessionInput!) {
  startSession(input: $input) { session { id cursor } }
}`;
/** For `watch`. */
export const WATCH = `subscription Watch($id: ID!, $after: String) {
  sessionProgress(sessionId: $id, after: $after, untilSettled: true) {
    __typename
    sequence
    cursor
    ... on InterruptsRaised { interrupts { interruptId value } }
  }
}`;
const ANSWER = `mutation Answer($input: ResumeSessionInput!) {
  resumeSession(input: $input) { run { id status } }
}`;
const PAGE = `query Page($id: ID!, $after: String) {
  checkpoints(sessionId: $id, first: 5, after: $after) {
    nodes { id step }
    pageInfo { hasNextPage endCursor }
  }
}`;
const FORK = `mutation Fork($input: ForkSessionInput!) {
  forkSession(input: $input) { session { id status forkedFrom { sessionId } } }
}`;
/** For `changes`. */
export const LIST = `subscription List { sessionsChanged { kind sessionId } }`;

interface Started {
  readonly startSession: { readonly session: { readonly id: string; readonly cursor: string } };
}

interface Page {
  readonly nodes: readonly { readonly step: number }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

export interface Change {
  readonly kind: string;
  readonly sessionId: string | null;
}

/** Live events are passed on and not stored; the others are numbered. */
const LIVE = new Set(['NodeStarted', 'CustomProgress', 'MessageDelta']);

/** @param onEvent sees each event as it comes */
export async function takeTour(
  client: TourClient,
  onEvent: (event: ProgressEvent) => void = () => undefined,
): Promise<Tour> {
  const input = { graphId: 'letter', input: { paragraphs: 20 } };
  const { startSession } = await client.request<Started>(START, { input });
  const { id, cursor: beginning } = startSession.session;

  const asked = await watch(client, id, beginning, onEvent);
  const question = asked.flatMap(({ interrupts = [] }) => interrupts)[0];
  const answers = [{ interruptId: question?.interruptId, value: true }];
  await client.request(ANSWER, { input: { sessionId: id, answers } });
  const ended = await watch(client, id, asked.at(-1)?.cursor ?? beginning, onEvent);

  const steps: number[] = [];
  for (let after: string | null = null, hasMore = true; hasMore;) {
    const { checkpoints }: { checkpoints: Page } = await client.request(PAGE, { id, after });
    steps.push(...checkpoints.nodes.map(({ step }) => step));
    ({ hasNextPage: hasMore, endCursor: after } = checkpoints.pageInfo);
  }

  const { forkSession } = await client.request<{ forkSession: { session: Tour['fork'] } }>(FORK, {
    input: { sessionId: id },
  });

  const changes: string[] = [];
  let made: string | undefined;
  for await (const { kind, sessionId } of client.changes()) {
    if (kind === 'READY') {
      changes.push(kind);
      const other = await client.request<Started>(START, { input });
      made = other.startSession.session.id;
    }
    if (sessionId !== null && sessionId === made) {
      changes.push(kind);
      break;
    }
  }
  return { sessionId: id, events: [...asked, ...ended], steps, fork: forkSession.session, changes };
}

async function watch(
  client: TourClient,
  id: string,
  after: string,
  onEvent: (event: ProgressEvent) => void,
): Promise<ProgressEvent[]> {
  const stored: ProgressEvent[] = [];
  for await (const event of client.watch(id, after)) {
    onEvent(event);
    if (!LIVE.has(event.__typename)) stored.push(event);
  }
  return stored;
}
