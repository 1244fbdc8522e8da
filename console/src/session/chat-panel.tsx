// The messages of a state, and under them those that a model is writing.
import { Button, Group, Stack, Text, Textarea } from '@mantine/core';
import { type RefObject, memo, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { messageOf } from '../gateway/errors.ts';
import { useKeyedAction } from '../gateway/use-action.ts';
import { JsonCode } from '../values/json-code.tsx';
import { Markdown } from '../values/markdown.tsx';
import { type ChatMessage, messagesIn } from './messages.ts';
import { Resume } from './mutations.ts';
import type { OpenMessage, SessionModel } from './session-model.ts';
import { useRevision } from './use-session.ts';

/** More of them are shown when they are asked for. */
const SHOWN = 100;

interface Props {
  readonly model: SessionModel;
  /** The state at the checkpoint that is chosen; the newest where none is. */
  readonly chosen: unknown;
}

export default function ChatPanel({ model, chosen }: Props) {
  useRevision(model);
  const values = chosen ?? model.values;
  const messages = useMemo(() => messagesIn(values), [values]);
  const open = chosen === undefined ? openMessages(model, messages) : [];
  return (
    <Stack gap="sm">
      <Messages messages={messages} open={open} />
      {chosen === undefined && <Composer model={model} />}
    </Stack>
  );
}

function openMessages(model: SessionModel, messages: readonly ChatMessage[]): OpenMessage[] {
  const known = new Set(messages.map(({ id }) => id));
  return [...model.messages.values()].filter(
    ({ messageId, text }) => !known.has(messageId) && text !== '',
  );
}

interface MessagesProps {
  readonly messages: readonly ChatMessage[];
  readonly open: readonly OpenMessage[];
}

function Messages({ messages, open }: MessagesProps) {
  const [shown, setShown] = useState(SHOWN);
  const box = useRef<HTMLDivElement>(null);
  const length = open.reduce((sum, { text }) => sum + text.length, messages.length);
  useFollowing(box, length);
  return (
    <Stack gap="xs" className="chat" role="log" aria-label="Messages" tabIndex={0} ref={box}>
      {messages.length > shown && (
        <Button size="compact-sm" variant="default" onClick={() => setShown(shown + SHOWN)}>
          {messages.length - shown} earlier messages
        </Button>
      )}
      {messages.slice(-shown).map((message) => (
        <Message key={message.key} message={message} />
      ))}
      {open.map(({ messageId, node, text, isWritten }) => (
        // Read aloud once it is whole.
        <div
          key={messageId}
          className="message"
          data-from="ai"
          data-open={!isWritten}
          aria-live="off"
        >
          <Text size="xs" c="dimmed">
            {isWritten ? node : `${node} is writing…`}
          </Text>
          <div className="words">{text}</div>
        </div>
      ))}
      {messages.length + open.length === 0 && <Text c="dimmed">No message yet.</Text>}
    </Stack>
  );
}

/** How near to the end one is who reads the end. */
const NEAR_PX = 60;

/** Who is at the end stays there while it grows; who reads further up is left alone. */
function useFollowing(box: RefObject<HTMLDivElement | null>, length: number): void {
  const height = useRef(0);
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const wasAtEnd = height.current - element.scrollTop - element.clientHeight < NEAR_PX;
    height.current = element.scrollHeight;
    if (wasAtEnd) element.scrollTop = element.scrollHeight;
  }, [box, length]);
}

const Message = memo(function Message({ message }: { readonly message: ChatMessage }) {
  const { from, text, calls, name } = message;
  if (from === 'tool') {
    return (
      <details className="message" data-from="tool">
        <summary>
          <Text span size="sm" c="dimmed">
            Result{name === null ? '' : ` of ${name}`}
          </Text>
        </summary>
        <div className="words mono">{text}</div>
      </details>
    );
  }
  return (
    <div className="message" data-from={from}>
      <Text size="xs" c="dimmed">
        {from === 'human' ? 'You' : (name ?? from)}
      </Text>
      {from === 'human' ? (
        <div className="words">{text}</div>
      ) : (
        text !== '' && <Markdown text={text} />
      )}
      {calls.map(({ key, name: tool, args }) => (
        <details key={key}>
          <summary>
            <Text span size="sm" c="dimmed">
              Calls {tool}
            </Text>
          </summary>
          <JsonCode label={`What ${tool} is given`} value={args} />
        </details>
      ))}
    </div>
  );
});

function Composer({ model }: { readonly model: SessionModel }) {
  const [words, setWords] = useState('');
  const [problem, setProblem] = useState<string>();
  const resume = useKeyedAction(Resume, (error) => setProblem(messageOf(error)));
  const dropsQuestion = model.questions.length > 0;
  const send = async () => {
    if (words.trim() === '') return;
    setProblem(undefined);
    const onBusy = model.isBusy ? 'ENQUEUE' : 'REJECT';
    const done = await resume.run({ input: { sessionId: model.id, message: words, onBusy } });
    if (done !== undefined) setWords('');
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <Group align="flex-end" gap="xs" wrap="nowrap">
        <Textarea
          aria-label="Message"
          placeholder={model.isBusy ? 'A message for when this run is over' : 'A message'}
          autosize
          minRows={1}
          maxRows={8}
          flex={1}
          value={words}
          error={problem}
          onChange={(event) => setWords(event.currentTarget.value)}
          onKeyDown={(event) => {
            // What would drop a question is not sent by the way.
            if (event.key !== 'Enter' || event.shiftKey || dropsQuestion) return;
            if (event.nativeEvent.isComposing) return;
            event.preventDefault();
            void send();
          }}
        />
        <Button type="submit" loading={resume.busy}>
          {dropsQuestion ? 'Send, and drop the question' : 'Send'}
        </Button>
      </Group>
    </form>
  );
}
