// A page for one agent in React: a chat that streams, forms for its questions, and the list of what waits for somebody.
import { useState } from 'react';
import { createRoot } from 'react-dom/client';
import { createGatewayClient } from 'session-gateway/client';
import { GatewayProvider, useGatewayClient, useInbox, useSession } from 'session-gateway/react';

const params = new URLSearchParams(location.search);
const client = createGatewayClient({
  url: params.get('gateway') ?? 'http://127.0.0.1:4000/graphql',
  headers: { 'x-user-id': params.get('user') ?? 'local' },
});

function App() {
  const [sessionId, setSessionId] = useState(params.get('session'));
  const open = (id: string) => {
    params.set('session', id);
    history.replaceState(null, '', `?${params.toString()}`);
    setSessionId(id);
  };
  return (
    <>
      <Start onStarted={open} />
      {sessionId !== null && <Chat key={sessionId} id={sessionId} />}
      <Inbox onChosen={open} />
    </>
  );
}

function Start({ onStarted }: { readonly onStarted: (id: string) => void }) {
  const gateway = useGatewayClient();
  const start = async () => {
    const graphId = params.get('graph');
    const { sessionId } = await gateway.startSession({
      ...(graphId !== null && { graphId }),
      task: 'Hello',
    });
    onStarted(sessionId);
  };
  return (
    <button type="button" onClick={() => void start()}>
      Start
    </button>
  );
}

function Chat({ id }: { readonly id: string }) {
  const session = useSession(id);
  const { phase, status, connection, messages, questions, error, send, answer } = session;
  const [words, setWords] = useState('');
  if (phase === 'loading') return <p>Loading…</p>;
  if (phase === 'gone') return <p>There is no such session.</p>;
  return (
    <main>
      <p role="status">
        {status} {connection}
      </p>
      <ol aria-label="Messages">
        {messages.map((message) => (
          <li key={message.id} data-streaming={message.isStreaming}>
            {message.role}: {message.text}
          </li>
        ))}
      </ol>
      {error !== null && <p role="alert">{error.message}</p>}
      {questions.map(({ interruptId, value }) => (
        <form
          key={interruptId}
          aria-label="Question"
          onSubmit={(event) => {
            event.preventDefault();
            const { elements } = event.currentTarget;
            const input = elements.namedItem('answer');
            if (input instanceof HTMLInputElement) void answer(interruptId, input.value);
          }}
        >
          <label>
            {typeof value === 'string' ? value : JSON.stringify(value)} <input name="answer" />
          </label>
          <button type="submit">Answer</button>
        </form>
      ))}
      <form
        aria-label="New message"
        onSubmit={(event) => {
          event.preventDefault();
          void send({ message: words }).then(() => setWords(''));
        }}
      >
        <input aria-label="Words" value={words} onChange={({ target }) => setWords(target.value)} />
        <button type="submit">Send</button>
      </form>
    </main>
  );
}

function Inbox({ onChosen }: { readonly onChosen: (id: string) => void }) {
  const { phase, sessions } = useInbox();
  return (
    <ul aria-label={`Inbox, ${phase}`}>
      {sessions.map(({ id, graphId, interrupts }) => (
        <li key={id}>
          <button type="button" onClick={() => onChosen(id)}>
            {graphId}: {interrupts.length} questions
          </button>
        </li>
      ))}
    </ul>
  );
}

const root = document.getElementById('root');
if (root !== null)
  createRoot(root).render(
    <GatewayProvider client={client}>
      <App />
    </GatewayProvider>,
  );
