// The timeline of the graph itself, as it goes on, or the steps of one of its subgraphs.
import { Group, NativeSelect, Text, Title } from '@mantine/core';
import { useEffect, useMemo, useState } from 'react';
import { useGateway, documentOf } from '../gateway/gateway.ts';
import { useAnswer } from '../gateway/use-answer.ts';
import { type LoadedStep, SubgraphSteps } from './documents.ts';
import { subgraphsIn } from './node-names.ts';
import { type Older, TimelineList } from './timeline-list.tsx';
import { stepRows } from './timeline-rows.ts';
import { useThrottled } from './use-throttled.ts';
import { type OpenSession, useRevision } from './use-session.ts';

interface Props {
  readonly open: OpenSession;
  readonly selected: string | null;
  /** The subgraph that the chosen step is of. */
  readonly namespace: string | null;
  readonly onSelect: (checkpointId: string, namespace: string | null) => void;
}

const GRAPH = '';

export function TimelinePanel({ open, selected, namespace, onSelect }: Props) {
  const { session, model } = open;
  useRevision(model);
  const [chosen, setShown] = useState<string | null>(null);
  const [found, setFound] = useState<readonly string[]>(session.namespaces);
  const namespaces = found.filter((each) => each !== GRAPH);
  const hasSubgraphs = namespaces.length > 0 || model.subgraphSteps > 0;
  // What an address names may not be there.
  const wanted = chosen ?? namespace ?? GRAPH;
  const shown = namespaces.includes(wanted) ? wanted : GRAPH;
  const steps = model.steps.length;
  return (
    <>
      <Group justify="space-between" mb={6} mih={30}>
        <Title order={2} size="h5">
          Timeline{' '}
          {shown === GRAPH && (
            <Text span size="sm" c="dimmed">
              {steps}
              {model.olderSteps.hasNextPage || model.hasForgotten ? '+' : ''}{' '}
              {steps === 1 ? 'step' : 'steps'}
            </Text>
          )}
        </Title>
        {hasSubgraphs && (
          <NativeSelect
            size="xs"
            w={200}
            aria-label="Steps of"
            data={[
              { value: GRAPH, label: 'The graph itself' },
              ...namespaces.map((value) => ({ value, label: labelOf(value) })),
            ]}
            value={shown}
            onChange={(event) => setShown(event.currentTarget.value)}
          />
        )}
      </Group>
      {shown === GRAPH ? (
        <TimelineList
          rows={model.rows}
          revision={model.revision}
          selected={selected}
          onSelect={(id) => onSelect(id, null)}
          older={
            model.hasForgotten
              ? 'forgotten'
              : model.olderSteps.hasNextPage
                ? { load: open.loadOlder }
                : undefined
          }
        />
      ) : (
        <SubgraphTimeline
          key={shown}
          open={open}
          namespace={shown}
          selected={selected}
          onSelect={(id) => onSelect(id, shown)}
          onNamespaces={setFound}
        />
      )}
      {hasSubgraphs && shown === GRAPH && (
        <NewNamespaces open={open} known={found} onNamespaces={setFound} />
      )}
    </>
  );
}

/** `sub › inner (1a2b3c4d)`: each task of a subgraph has steps of its own. */
function labelOf(namespace: string): string {
  const task = /:([^:|]*)$/.exec(namespace)?.[1] ?? '';
  return `${subgraphsIn(namespace).join(' › ')}${task === '' ? '' : ` (${task.slice(0, 8)})`}`;
}

const LOOK_EVERY_MS = 2000;

interface NewProps {
  readonly open: OpenSession;
  readonly known: readonly string[];
  readonly onNamespaces: (namespaces: readonly string[]) => void;
}

/** Asks which subgraphs there are, once steps of subgraphs came. */
function NewNamespaces({ open, known, onNamespaces }: NewProps) {
  const { model } = open;
  const seen = useThrottled(model.subgraphSteps, LOOK_EVERY_MS);
  const { client } = useGateway();
  useEffect(() => {
    if (seen === 0) return;
    void client
      .query(
        documentOf(SubgraphSteps),
        { id: model.id, namespace: GRAPH, after: null },
        { requestPolicy: 'network-only' },
      )
      .toPromise()
      .then(({ data }) => {
        const namespaces = data?.session?.namespaces;
        if (namespaces !== undefined && namespaces.length !== known.length)
          onNamespaces(namespaces);
      });
    // It is the steps that say when.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [seen, client, model]);
  return null;
}

interface SubgraphProps {
  readonly open: OpenSession;
  readonly namespace: string;
  readonly selected: string | null;
  readonly onSelect: (checkpointId: string) => void;
  readonly onNamespaces: (namespaces: readonly string[]) => void;
}

function SubgraphTimeline({ open, namespace, selected, onSelect, onNamespaces }: SubgraphProps) {
  const { model } = open;
  const { client } = useGateway();
  const seen = useThrottled(model.subgraphSteps, LOOK_EVERY_MS);
  const [{ data, error }, askAgain] = useAnswer(SubgraphSteps, {
    id: model.id,
    namespace,
    after: null,
  });
  const [more, setMore] = useState<{ steps: readonly LoadedStep[]; after: string | null }>();
  useEffect(() => {
    if (seen > 0) askAgain();
    // It is the steps that say when.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [seen]);
  const found = data?.session;
  useEffect(() => {
    if (found != null) onNamespaces(found.namespaces);
  }, [found, onNamespaces]);
  const rows = useMemo(() => {
    const steps = new Map(
      [...(found?.checkpoints.nodes ?? []), ...(more?.steps ?? [])].map((step) => [
        step.checkpointId,
        step,
      ]),
    );
    return stepRows([...steps.values()].toReversed(), new Map());
  }, [found, more]);
  if (found == null)
    return (
      <Text size="sm" c="dimmed" role="status">
        {error === undefined ? 'Loading its steps…' : 'Its steps could not be loaded.'}
      </Text>
    );
  const { pageInfo } = found.checkpoints;
  const after =
    more === undefined ? (pageInfo.hasNextPage ? pageInfo.endCursor : null) : more.after;
  const older: Older = {
    async load() {
      const page = await client
        .query(
          documentOf(SubgraphSteps),
          { id: model.id, namespace, after },
          { requestPolicy: 'network-only' },
        )
        .toPromise();
      if (page.error !== undefined) throw page.error;
      const next = page.data?.session?.checkpoints;
      if (next === undefined) return;
      const end = next.pageInfo.hasNextPage ? next.pageInfo.endCursor : null;
      setMore({ steps: [...(more?.steps ?? []), ...next.nodes], after: end });
    },
  };
  return (
    <TimelineList
      rows={rows}
      revision={0}
      selected={selected}
      onSelect={onSelect}
      older={after === null ? undefined : older}
    />
  );
}
