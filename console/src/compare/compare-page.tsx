// Two sessions side by side, such as two forks: how they stand, the steps that they made, and what differs.
import { lazily } from '../shell/lazily.ts';
import { Group, Paper, Select, Stack, Text, Title } from '@mantine/core';
import { Suspense } from 'react';
import { Link, useSearchParams } from 'wouter';
import { graphql } from '../../gql/gql.ts';
import type { ComparedSessionQuery } from '../../gql/graphql.ts';
import { isMissing, messageOf } from '../gateway/errors.ts';
import { useAnswer } from '../gateway/use-answer.ts';
import { useSessionChanges } from '../gateway/use-session-changes.ts';
import { counted } from '../session/node-names.ts';
import { stepName } from '../session/step-name.ts';
import { Empty, Failed, Loading, NotFound } from '../shell/states.tsx';
import { titleOf } from '../shell/session-title.ts';
import { StatusBadge } from '../shell/status-badge.tsx';

const JsonChanges = lazily(() => import('../values/json-changes.tsx'));

const ComparedSession = graphql(`
  query ComparedSession($id: ID!) {
    session(id: $id) {
      id
      task
      status
      graphId
      next
      values
      forkedFrom {
        sessionId
        checkpointId
      }
      checkpoints(first: 50) {
        nodes {
          ...StepFields
        }
      }
    }
  }
`);

const Comparable = graphql(`
  query Comparable($id: ID!) {
    session(id: $id) {
      id
      forkedFrom {
        sessionId
        checkpointId
        session {
          id
          graphId
          task
          forks(first: 50) {
            nodes {
              id
              graphId
              task
            }
          }
        }
      }
      forks(first: 50) {
        nodes {
          id
          graphId
          task
        }
      }
    }
    sessions(first: 50) {
      nodes {
        id
        graphId
        task
      }
    }
  }
`);

type Side = 'left' | 'right';
const NOBODY = '00000000-0000-0000-0000-000000000000';

export default function ComparePage() {
  const [params, setParams] = useSearchParams();
  const ids: Readonly<Record<Side, string | null>> = {
    left: params.get('left'),
    right: params.get('right'),
  };
  const [{ data }] = useAnswer(Comparable, { id: ids.left ?? ids.right ?? NOBODY });
  const left = useCompared(ids.left);
  const right = useCompared(ids.right);
  const choices = new Map<string, string>();
  const family = data?.session;
  const origin = family?.forkedFrom?.session;
  for (const session of [
    ...(family?.forks.nodes ?? []),
    ...(origin == null ? [] : [origin, ...origin.forks.nodes]),
    ...(data?.sessions.nodes ?? []),
  ])
    choices.set(
      session.id,
      session.task == null ? titleOf(session) : `${session.task} (${session.id.slice(0, 8)})`,
    );
  for (const id of Object.values(ids))
    if (id !== null && !choices.has(id)) choices.set(id, `Session (${id.slice(0, 8)})`);
  const choose = (side: Side, id: string | null) =>
    setParams((before) => {
      const after = new URLSearchParams(before);
      if (id === null) after.delete(side);
      else after.set(side, id);
      return after;
    });
  const picker = (side: Side) => (
    <Select
      label={side === 'left' ? 'Left' : 'Right'}
      placeholder="Choose a session"
      data={[...choices].map(([value, label]) => ({ value, label }))}
      value={ids[side]}
      onChange={(id) => choose(side, id)}
      searchable
      limit={100}
    />
  );
  return (
    <Stack>
      <title>Compare · Session Gateway</title>
      <Title order={1} size="h3">
        Compare
      </Title>
      <div
        className="two-columns"
        style={{ gridTemplateColumns: 'repeat(auto-fit, minmax(min(300px, 100%), 1fr))' }}
      >
        <Stack gap="xs">
          {picker('left')}
          <SideView compared={left} other={right.session} />
        </Stack>
        <Stack gap="xs">
          {picker('right')}
          <SideView compared={right} other={left.session} />
        </Stack>
      </div>
      {left.session != null && right.session != null ? (
        <section aria-label="What differs">
          <Title order={2} size="h5" mb="xs">
            What differs in the state, from left to right
          </Title>
          <Suspense fallback={<Loading what="the changes" />}>
            <JsonChanges before={left.session.values} after={right.session.values} />
          </Suspense>
        </section>
      ) : (
        (ids.left === null || ids.right === null) && (
          <Empty title="Choose two sessions">Forks of one session are compared best.</Empty>
        )
      )}
    </Stack>
  );
}

type Session = NonNullable<ComparedSessionQuery['session']>;

interface Compared {
  readonly id: string | null;
  /** Null where there is none. */
  readonly session: Session | null | undefined;
  readonly problem: string | undefined;
  readonly askAgain: () => void;
}

function useCompared(id: string | null): Compared {
  const [{ data, error }, askAgain] = useAnswer(
    ComparedSession,
    { id: id ?? '' },
    { pause: id === null },
  );
  const isActive = data?.session?.status === 'RUNNING' || data?.session?.status === 'QUEUED';
  useSessionChanges(() => {
    if (id !== null && isActive) askAgain();
  }, id ?? undefined);
  const session =
    id === null ? undefined : error !== undefined && isMissing(error) ? null : data?.session;
  return {
    id,
    session,
    problem: id === null || error === undefined || isMissing(error) ? undefined : messageOf(error),
    askAgain,
  };
}

function SideView({
  compared,
  other,
}: {
  readonly compared: Compared;
  readonly other: Session | null | undefined;
}) {
  const { id, session, problem, askAgain } = compared;
  if (id === null) return null;
  if (problem !== undefined)
    return <Failed title="The session could not be loaded" message={problem} onRetry={askAgain} />;
  if (session === undefined) return <Loading what="the session" />;
  if (session === null) return <NotFound what="session" />;
  const shared = new Set(other?.checkpoints.nodes.map(({ checkpointId }) => checkpointId));
  return (
    <Paper withBorder p="sm">
      <Stack gap="xs">
        <Group gap="xs">
          <StatusBadge status={session.status} />
          <Link href={`/sessions/${session.id}`}>{titleOf(session)}</Link>
        </Group>
        <Text size="sm" c="dimmed">
          {session.next.length === 0 ? 'Nothing would run next.' : `Next: ${counted(session.next)}`}
        </Text>
        <ol style={{ listStyle: 'none', margin: 0, padding: 0 }} aria-label="Newest steps">
          {session.checkpoints.nodes.map(({ checkpointId, step, source, changedKeys }) => (
            <li key={checkpointId}>
              <Text size="sm" className="cut" {...(shared.has(checkpointId) && { c: 'dimmed' })}>
                {stepName({ step, source })}
                {shared.has(checkpointId) && ' (in both)'} {changedKeys.join(', ')}
              </Text>
            </li>
          ))}
        </ol>
      </Stack>
    </Paper>
  );
}
