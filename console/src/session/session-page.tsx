import { lazily } from '../shell/lazily.ts';
import { Alert, Badge, Button, Code, Group, Stack, Tabs, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { Link, useLocation, useSearchParams } from 'wouter';
import { Paused } from '../inbox/paused.tsx';
import { Questions } from '../inbox/questions.tsx';
import { titleOf } from '../shell/session-title.ts';
import { Failed, Loading, NotFound } from '../shell/states.tsx';
import { Part } from '../shell/part.tsx';
import { StatusBadge } from '../shell/status-badge.tsx';
import { Ago } from '../shell/time.tsx';
import { ChosenCheckpoint } from './chosen-checkpoint.tsx';
import type { LoadedSession } from './documents.ts';
import { SessionActions } from './session-actions.tsx';
import type { SessionModel } from './session-model.ts';
import { StatePanel } from './state-panel.tsx';
import { TimelinePanel } from './timeline-panel.tsx';
import { useCheckpoint } from './use-checkpoint.ts';
import { type OpenSession, useRevision, useSession } from './use-session.ts';
import { WatchBadge } from './watch-badge.tsx';

const GraphPanel = lazily(() => import('./graph-panel.tsx'));
const ChatPanel = lazily(() => import('./chat-panel.tsx'));
const ChangesPanel = lazily(() => import('./changes-panel.tsx'));
const TreePanel = lazily(() => import('./tree-panel.tsx'));

interface Props {
  readonly id: string;
  readonly checkpointId: string | null;
}

export default function SessionPage({ id, checkpointId }: Props) {
  const state = useSession(id, checkpointId);
  switch (state.is) {
    case 'loading':
      return <Loading what="the session" />;
    case 'missing':
      return <NotFound what="session" />;
    case 'failed':
      return (
        <Failed
          title="The session could not be loaded"
          message={state.message}
          onRetry={state.reload}
        />
      );
    case 'open':
      return <SessionView open={state} checkpointId={checkpointId} />;
  }
}

interface ViewProps {
  readonly open: OpenSession;
  readonly checkpointId: string | null;
}

function SessionView({ open, checkpointId }: ViewProps) {
  const { session, model } = open;
  useRevision(model);
  const [, navigate] = useLocation();
  const [params] = useSearchParams();
  const namespace = params.get('namespace');
  const select = (chosen: string | null, within: string | null = null) => {
    const page = `/sessions/${session.id}${chosen === null ? '' : `/${chosen}`}`;
    navigate(
      within === null ? page : `${page}?${new URLSearchParams({ namespace: within }).toString()}`,
    );
  };
  return (
    <Stack gap="md">
      <title>{`${titleOf(session)} · Session Gateway`}</title>
      <Header open={open} />
      {model.status === 'FAILED' && model.error !== null && (
        <Alert
          color="red"
          variant="light"
          title={model.error.node === null ? 'The run failed' : `${model.error.node} failed`}
        >
          <span className="words">{model.error.message}</span>
          {model.error.causes.map(({ message, node }, n) => (
            // oxlint-disable-next-line react/no-array-index-key -- the causes of one error do not change
            <div className="words" key={n}>
              {node === null ? 'caused by ' : `caused in ${node} by `}
              {message}
            </div>
          ))}
        </Alert>
      )}
      {session.missingNodes.length > 0 && (
        <Alert color="yellow" variant="light" title="The graph has changed">
          It has no {session.missingNodes.length === 1 ? 'node' : 'nodes'}{' '}
          {session.missingNodes.join(', ')}, which would run next. Serve a version that has it and
          go on; or send a message or input, edit the state, or fork an earlier step.
        </Alert>
      )}
      {model.status === 'INTERRUPTED' && model.questions.length === 0 && (
        <Paused next={model.next} />
      )}
      <Questions sessionId={session.id} questions={model.questions} askedBy={model.askedBy} />
      <div className="two-columns">
        <Stack gap="md">
          <section aria-label="Graph">
            {session.graph === null ? (
              <Text c="dimmed">Its graph is not served any more.</Text>
            ) : (
              <Part what="the graph">
                <GraphPanel drawing={session.graph.drawing} model={model} />
              </Part>
            )}
          </section>
          <section aria-label="Timeline">
            <TimelinePanel
              open={open}
              selected={checkpointId}
              namespace={namespace}
              onSelect={select}
            />
          </section>
        </Stack>
        <Details open={open} checkpointId={checkpointId} namespace={namespace} onSelect={select} />
      </div>
    </Stack>
  );
}

function Header({ open }: { readonly open: OpenSession }) {
  const { session, model, unwatched, reload } = open;
  return (
    <Group justify="space-between" align="flex-start" gap="sm">
      <Stack gap={4} style={{ minWidth: 0, flex: '1 1 300px' }}>
        <Title order={1} size="h3" className="words" lineClamp={3}>
          {titleOf(session)}
        </Title>
        <Group gap="xs">
          <StatusBadge status={model.status} />
          <WatchBadge model={model} />
          <Badge variant="default" tt="none">
            {session.graphId}
          </Badge>
          <Text size="xs" c="dimmed">
            started <Ago at={session.createdAt} /> ago
            {session.expiresAt !== null &&
              `, expires ${new Date(session.expiresAt).toLocaleDateString()}`}
          </Text>
        </Group>
        <Text size="xs" c="dimmed" component="div">
          <Code>{session.id}</Code>
          {session.forkedFrom !== null && (
            <>
              {' forked from '}
              <Link
                href={`/sessions/${session.forkedFrom.sessionId}/${session.forkedFrom.checkpointId}`}
              >
                {session.forkedFrom.sessionId.slice(0, 8)}
              </Link>
            </>
          )}
        </Text>
        {unwatched !== undefined && (
          <Group gap="xs">
            <Text size="sm" role="alert">
              It is not watched any more: {unwatched}
            </Text>
            <Button size="compact-xs" variant="default" onClick={reload}>
              Watch again
            </Button>
          </Group>
        )}
      </Stack>
      <SessionActions session={session} model={model} />
    </Group>
  );
}

interface DetailsProps extends ViewProps {
  readonly namespace: string | null;
  readonly onSelect: (checkpointId: string | null) => void;
}

/** What is at the step that is chosen, or now. */
function Details({ open, checkpointId, namespace, onSelect }: DetailsProps) {
  const { session, model } = open;
  const [chosenTab, setTab] = useState<string | null>(null);
  const answer = useCheckpoint(session.id, checkpointId, open.checkpoint, namespace);
  const checkpoint = answer.is === 'read' ? answer.checkpoint : undefined;
  const isReady = checkpointId === null || checkpoint !== undefined;
  const hasChat = isChat(session, model);
  const preset = hasChat && checkpointId === null ? 'chat' : 'state';
  // What a step of a subgraph changed is not told.
  const tab =
    chosenTab === null || (chosenTab === 'changes' && namespace !== null) ? preset : chosenTab;
  return (
    <Stack gap="md">
      {checkpointId !== null && (
        <ChosenCheckpoint
          open={open}
          checkpointId={checkpointId}
          namespace={namespace}
          answer={answer}
          onLeave={() => onSelect(null)}
        />
      )}
      {isReady && (
        <Tabs value={tab} onChange={setTab} keepMounted={false}>
          <Tabs.List aria-label="What is shown">
            {hasChat && <Tabs.Tab value="chat">Chat</Tabs.Tab>}
            <Tabs.Tab value="state">State</Tabs.Tab>
            {namespace === null && <Tabs.Tab value="changes">Changes</Tabs.Tab>}
            <Tabs.Tab value="tree">Tree</Tabs.Tab>
          </Tabs.List>
          <Part what={`the ${tab}`} key={tab}>
            <Tabs.Panel value="chat" pt="sm">
              <ChatPanel model={model} chosen={checkpoint?.values} />
            </Tabs.Panel>
            <Tabs.Panel value="state" pt="sm">
              <StatePanel model={model} metadata={session.metadata} checkpoint={checkpoint} />
            </Tabs.Panel>
            <Tabs.Panel value="changes" pt="sm">
              <ChangesPanel model={model} checkpointId={checkpointId} />
            </Tabs.Panel>
            <Tabs.Panel value="tree" pt="sm">
              <TreePanel
                session={session}
                model={model}
                selected={checkpointId}
                onSelect={onSelect}
              />
            </Tabs.Panel>
          </Part>
        </Tabs>
      )}
    </Stack>
  );
}

/** Whether the state has messages, as LangGraph's MessagesAnnotation names them, or will have. */
function isChat({ graph }: LoadedSession, { values, messages }: SessionModel): boolean {
  if (messages.size > 0 || 'messages' in asObject(values)) return true;
  return 'messages' in asObject(asObject(graph?.stateSchema)['properties']);
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
