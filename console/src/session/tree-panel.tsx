import { Button, Group, Text } from '@mantine/core';
import { Controls, Handle, type Node, type NodeProps, Position } from '@xyflow/react';
import { useEffect, useEffectEvent, useMemo, useState } from 'react';
import { useLocation } from 'wouter';
import { graphql } from '../../gql/gql.ts';
import { messageOf } from '../gateway/errors.ts';
import { documentOf, useGateway } from '../gateway/gateway.ts';
import { useAnswer } from '../gateway/use-answer.ts';
import { Failed, Loading } from '../shell/states.tsx';
import { type LoadedSession, type LoadedStep, OlderSteps } from './documents.ts';
import { FlowCanvas } from './flow-canvas.tsx';
import { type Box, placed } from './graph-layout.ts';
import { type TreeNode, treeOf } from './lineage.ts';
import { counted } from './node-names.ts';
import type { Page, SessionModel } from './session-model.ts';
import { useThrottled } from './use-throttled.ts';
import { useRevision } from './use-session.ts';

const TreePage = graphql(`
  query TreePage($id: ID!) {
    session(id: $id) {
      id
      checkpoint {
        id
        checkpointId
      }
      checkpoints(first: 100) {
        nodes {
          ...StepFields
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
      forkedFrom {
        sessionId
        checkpointId
        session {
          id
          graphId
          task
          status
          forkedFrom {
            sessionId
            checkpointId
            session {
              id
              graphId
              task
              status
            }
          }
          forks(first: 20) {
            nodes {
              id
              graphId
              task
              status
            }
          }
        }
      }
      forks(first: 20) {
        pageInfo {
          hasNextPage
        }
        nodes {
          id
          graphId
          task
          status
          forkedFrom {
            sessionId
            checkpointId
          }
          forks(first: 5) {
            nodes {
              id
              graphId
              task
              status
            }
          }
        }
      }
    }
  }
`);

interface Props {
  readonly session: LoadedSession;
  readonly model: SessionModel;
  readonly selected: string | null;
  readonly onSelect: (checkpointId: string | null) => void;
}

interface NodeData extends Record<string, unknown> {
  readonly node: TreeNode;
  readonly isSelected: boolean;
  readonly onClick: () => void;
}

const WIDTH = 176;
const HEIGHT = 40;
const REFRESH_MS = 2000;
const nodeTypes = { tree: TreeButton };

/** The checkpoints as a tree, and the sessions around them. */
export default function TreePanel({ session, model, selected, onSelect }: Props) {
  useRevision(model);
  const { client } = useGateway();
  const [, navigate] = useLocation();
  const [{ data, error }, askAgain] = useAnswer(
    TreePage,
    { id: session.id },
    { requestPolicy: 'network-only' },
  );
  const shownHead = data?.session?.checkpoint?.checkpointId;
  const [loaded, setLoaded] = useState<Loaded>({ steps: [], after: undefined });
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const head = useThrottled(model.head, REFRESH_MS);
  const ask = useEffectEvent(askAgain);
  useEffect(() => {
    if (shownHead !== undefined && head !== shownHead) ask();
  }, [head, shownHead]);

  const page = data?.session?.checkpoints;
  const after = loaded.after === undefined ? endOf(page) : loaded.after;
  const loadOlder = async () => {
    const { data: more } = await client
      .query(
        documentOf(OlderSteps),
        { id: session.id, steps: after, runs: null, asksRuns: false },
        { requestPolicy: 'network-only' },
      )
      .toPromise();
    const next = more?.session?.checkpoints;
    if (next !== undefined)
      setLoaded(({ steps }) => ({ steps: [...steps, ...next.nodes], after: endOf(next) }));
  };
  const flow = useMemo(() => {
    if (data?.session == null) return undefined;
    // What came live stands between a page that was fetched before and one that is fetched now.
    const known = [...data.session.checkpoints.nodes, ...model.steps.toReversed(), ...loaded.steps];
    const steps = new Map<string, LoadedStep>();
    for (const step of known) if (!steps.has(step.checkpointId)) steps.set(step.checkpointId, step);
    const open = selected === null ? opened : new Set([...opened, selected]);
    const tree = treeOf(data.session, [...steps.values()], after !== null, open);
    const boxes: Box[] = tree.nodes.map(({ id }) => ({ id, width: WIDTH, height: HEIGHT }));
    return { tree, places: placed(boxes, tree.edges, { x: 20, y: 26 }) };
  }, [data, loaded, after, opened, selected, model]);
  if (flow === undefined)
    return error === undefined ? (
      <Loading what="the tree" />
    ) : (
      <Failed title="The tree could not be loaded" message={messageOf(error)} onRetry={askAgain} />
    );
  const act = (node: TreeNode) => {
    if (node.is === 'step') onSelect(node.step.checkpointId);
    else if (node.is === 'chain')
      setOpened(new Set([...opened, ...node.steps.map(({ checkpointId }) => checkpointId)]));
    else if (node.is === 'session')
      navigate(
        `/sessions/${node.sessionId}${node.checkpointId === null ? '' : `/${node.checkpointId}`}`,
      );
    else if (node.is === 'older') void loadOlder();
  };
  const nodes: Node<NodeData>[] = flow.tree.nodes.map((node) => {
    const { x, y } = flow.places.get(node.id) ?? { x: 0, y: 0 };
    return {
      id: node.id,
      type: 'tree',
      position: { x: x - WIDTH / 2, y: y - HEIGHT / 2 },
      width: WIDTH,
      height: HEIGHT,
      data: {
        node,
        isSelected: node.is === 'step' && node.step.checkpointId === selected,
        onClick: () => act(node),
      },
    };
  });
  const edges = flow.tree.edges.map(({ source, target, forks }) => ({
    id: `${source} ${target}`,
    source,
    target,
    style: { stroke: 'var(--mantine-color-dimmed)', strokeDasharray: forks ? '5 4' : undefined },
  }));
  return (
    <>
      <Group justify="space-between" mb={6}>
        <Text size="sm" c="dimmed">
          Dashed lines lead to forks.
        </Text>
        {opened.size > 0 && (
          <Button size="compact-xs" variant="default" onClick={() => setOpened(new Set())}>
            Close chains
          </Button>
        )}
      </Group>
      <div className="drawing tree">
        <FlowCanvas
          nodes={nodes}
          edges={edges}
          nodeTypes={nodeTypes}
          maxZoom={1}
          letsScroll={false}
        >
          <Controls showInteractive={false} />
        </FlowCanvas>
      </div>
    </>
  );
}

interface Loaded {
  readonly steps: readonly LoadedStep[];
  /** Where they end; null: there are no more, undefined: none were loaded. */
  readonly after: string | null | undefined;
}

function endOf(page: { readonly pageInfo: Page } | undefined): string | null {
  return page?.pageInfo.hasNextPage === true ? page.pageInfo.endCursor : null;
}

function TreeButton({ data }: NodeProps<Node<NodeData>>) {
  const { node, isSelected, onClick } = data;
  return (
    <>
      <Handle type="target" position={Position.Top} isConnectable={false} />
      <button
        type="button"
        className="node nodrag nopan"
        data-end={node.is === 'session' || node.is === 'older'}
        aria-current={isSelected ? 'true' : undefined}
        onClick={onClick}
      >
        <span className="cut" style={{ display: 'block' }}>
          {labelOf(node)}
        </span>
      </button>
      <Handle type="source" position={Position.Bottom} isConnectable={false} />
    </>
  );
}

const SOURCES: Readonly<Record<LoadedStep['source'], string>> = {
  INPUT: 'Input',
  LOOP: 'Step',
  UPDATE: 'Edit',
  FORK: 'Branch',
};

function labelOf(node: TreeNode): string {
  switch (node.is) {
    case 'step': {
      const { step, source, next } = node.step;
      return `${SOURCES[source]} ${step < 0 ? '' : step}${next.length > 0 ? ` → ${counted(next)}` : ''}`;
    }
    case 'chain':
      return `Steps ${node.steps[0]?.step ?? ''} to ${node.steps.at(-1)?.step ?? ''} ⊞`;
    case 'session':
      return `Session: ${node.title}`;
    case 'older':
      return 'Load older steps';
    case 'more forks':
      return 'There are more forks';
  }
}
