// The tree of a session's checkpoints, with the sessions that it comes from and those that were forked from it. Long
// chains of steps are drawn as one.
import type { TreePageQuery } from '../../gql/graphql.ts';
import { titleOf } from '../shell/session-title.ts';
import type { LoadedStep } from './documents.ts';

export type TreeSession = NonNullable<TreePageQuery['session']>;

export type TreeNode =
  | { readonly is: 'step'; readonly id: string; readonly step: LoadedStep }
  | { readonly is: 'chain'; readonly id: string; readonly steps: readonly LoadedStep[] }
  | {
      readonly is: 'session';
      readonly id: string;
      readonly sessionId: string;
      readonly title: string;
      readonly status: string;
      readonly checkpointId: string | null;
    }
  /** What is older and was not loaded; forks that are not drawn. */
  | { readonly is: 'older' | 'more forks'; readonly id: string };

export interface Tree {
  readonly nodes: readonly TreeNode[];
  readonly edges: readonly {
    readonly source: string;
    readonly target: string;
    readonly forks: boolean;
  }[];
}

/** Chains of fewer steps are drawn step by step. */
const SHORTEST_CHAIN = 6;

/**
 * @param steps newest first
 * @param open ids of steps that are drawn by themselves though they are in a chain
 */
export function treeOf(
  session: TreeSession,
  steps: readonly LoadedStep[],
  mayHaveOlder: boolean,
  open: ReadonlySet<string>,
): Tree {
  const known = new Map(steps.map((step) => [step.checkpointId, step]));
  const forks = session.forks.nodes;
  const forked = new Set(forks.map(({ forkedFrom }) => forkedFrom?.checkpointId));
  const children = new Map<string, number>();
  for (const { parentCheckpointId } of steps)
    if (parentCheckpointId != null)
      children.set(parentCheckpointId, (children.get(parentCheckpointId) ?? 0) + 1);
  const isPlain = (step: LoadedStep) =>
    step.source === 'LOOP' &&
    children.get(step.checkpointId) === 1 &&
    step.parentCheckpointId != null &&
    children.get(step.parentCheckpointId) === 1 &&
    known.has(step.parentCheckpointId) &&
    !forked.has(step.checkpointId) &&
    !open.has(step.checkpointId);

  const nodes: TreeNode[] = [];
  const edges: { source: string; target: string; forks: boolean }[] = [];
  /** Which node stands for a step. */
  const at = new Map<string, string>();
  const inChain = chainsOf(steps, known, isPlain);
  for (const step of steps.toReversed()) {
    const chain = inChain.get(step.checkpointId);
    if (chain === undefined) {
      at.set(step.checkpointId, step.checkpointId);
      nodes.push({ is: 'step', id: step.checkpointId, step });
    } else {
      const id = `chain ${chain[0]?.checkpointId ?? ''}`;
      at.set(step.checkpointId, id);
      if (chain[0] === step) nodes.push({ is: 'chain', id, steps: chain });
    }
  }
  const isRoot = ({ parentCheckpointId }: LoadedStep) =>
    parentCheckpointId === null || known.has(parentCheckpointId);
  const hasOlder = mayHaveOlder && !steps.every(isRoot);
  if (hasOlder) nodes.unshift({ is: 'older', id: 'older' });
  const origin = session.forkedFrom;
  for (const step of steps.toReversed()) {
    const target = at.get(step.checkpointId) ?? '';
    const parent = step.parentCheckpointId == null ? undefined : at.get(step.parentCheckpointId);
    if (parent !== undefined && parent !== target)
      edges.push({ source: parent, target, forks: false });
    else if (parent === undefined && hasOlder && step.parentCheckpointId != null)
      edges.push({ source: 'older', target, forks: false });
    else if (parent === undefined && origin != null)
      edges.push({ source: `session ${origin.sessionId}`, target, forks: true });
  }
  if (hasOlder && origin != null)
    edges.push({ source: `session ${origin.sessionId}`, target: 'older', forks: true });

  const addSession = (each: Relative, checkpointId: string | null, source: string | undefined) => {
    const id = `session ${each.id}`;
    nodes.push({
      is: 'session',
      id,
      sessionId: each.id,
      title: titleOf(each),
      status: each.status,
      checkpointId,
    });
    if (source !== undefined) edges.push({ source, target: id, forks: true });
  };
  for (const fork of forks) {
    addSession(
      fork,
      null,
      at.get(fork.forkedFrom?.checkpointId ?? '') ?? (hasOlder ? 'older' : undefined),
    );
    for (const inner of fork.forks.nodes) addSession(inner, null, `session ${fork.id}`);
  }
  if (session.forks.pageInfo.hasNextPage) nodes.push({ is: 'more forks', id: 'more forks' });
  if (origin != null) {
    const parent = origin.session ?? deleted(origin.sessionId);
    const before = origin.session?.forkedFrom;
    addSession(
      parent,
      origin.checkpointId,
      before == null ? undefined : `session ${before.sessionId}`,
    );
    if (before != null)
      addSession(before.session ?? deleted(before.sessionId), before.checkpointId, undefined);
    for (const sibling of origin.session?.forks.nodes ?? [])
      if (sibling.id !== session.id) addSession(sibling, null, `session ${origin.sessionId}`);
  }
  return { nodes, edges };
}

/** The chain that a step is in, oldest first, where it is long enough. */
function chainsOf(
  steps: readonly LoadedStep[],
  known: ReadonlyMap<string, LoadedStep>,
  isPlain: (step: LoadedStep) => boolean,
): Map<string, readonly LoadedStep[]> {
  const parentOf = ({ parentCheckpointId }: LoadedStep) =>
    parentCheckpointId === null ? undefined : known.get(parentCheckpointId);
  const hasPlainChild = new Set(
    steps.filter(isPlain).map(({ parentCheckpointId }) => parentCheckpointId),
  );
  const chains = new Map<string, readonly LoadedStep[]>();
  for (const end of steps) {
    if (!isPlain(end) || hasPlainChild.has(end.checkpointId)) continue;
    const chain: LoadedStep[] = [];
    for (
      let step: LoadedStep | undefined = end;
      step !== undefined && isPlain(step);
      step = parentOf(step)
    )
      chain.unshift(step);
    if (chain.length < SHORTEST_CHAIN) continue;
    for (const { checkpointId } of chain) chains.set(checkpointId, chain);
  }
  return chains;
}

interface Relative {
  readonly id: string;
  readonly graphId?: string;
  readonly task?: string | null;
  readonly status: string;
}

function deleted(id: string): Relative {
  return { id, task: 'One that was deleted', status: '' };
}
