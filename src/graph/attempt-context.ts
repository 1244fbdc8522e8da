// What a saver asks of the running graph while it writes for an attempt.
import { setImmediate } from 'node:timers/promises';
import type { BaseCheckpointSaver } from '@langchain/langgraph-checkpoint';
import { NO_OUTPUT } from '../session/langgraph-names.ts';
import type { Attempt } from '../session/ports.ts';
import { type CompiledGraph, graphOfNamespace, nextNodes, visibleKeys } from './compiled-graph.ts';

/** LangGraph's path of a task that a trigger started: `~__pregel_pull, node`. */
const PULLED = /^~__pregel_pull, (?<node>[^,]+)$/;
/** A task that a Send or a call of the functional API started; its path does not name its node. */
const PUSHED = /^~__pregel_push, /;

/** Knows which node a task belongs to, from the tasks that the run announces as they start. */
export class TaskNames {
  readonly #names = new Map<string, string>();
  readonly #finished = new Set<string>();

  /** Its writes are stored: LangGraph announces it with its step again, but does not run it. */
  learnFinished(taskId: string): void {
    this.#finished.add(taskId);
  }

  isFinished(taskId: string): boolean {
    return this.#finished.has(taskId);
  }

  learn(taskId: string, node: string): void {
    this.#names.set(taskId, node);
  }

  /** The node of a task that has begun. */
  find(taskId: string | null): string | null {
    const name = taskId === null ? undefined : this.#names.get(taskId);
    return name === undefined || name.startsWith('__') ? null : name;
  }

  async nodeOf(taskId: string, taskPath: string): Promise<string | null> {
    const known = this.#names.get(taskId) ?? PULLED.exec(taskPath)?.groups?.['node'];
    if (known !== undefined) return known.startsWith('__') ? null : known;
    if (!PUSHED.test(taskPath)) return null;
    // A task is announced before it runs, but on a stream that may still be a turn behind.
    await setImmediate();
    return this.#names.get(taskId) ?? null;
  }
}

/** Learns which tasks have finished from the checkpoints that the attempt reads. The saver is changed in place. */
export function learnFinishedTasks(saver: BaseCheckpointSaver, names: TaskNames): void {
  const getTuple = saver.getTuple.bind(saver);
  saver.getTuple = async (config) => {
    const tuple = await getTuple(config);
    for (const [taskId, channel] of tuple?.pendingWrites ?? [])
      if (!NO_OUTPUT.has(channel)) names.learnFinished(taskId);
    return tuple;
  };
}

export function describeCheckpointOf(graph: CompiledGraph): Attempt['describeCheckpoint'] {
  const byNamespace = new Map<string, CompiledGraph | undefined>();
  return (namespace, checkpoint, newVersions) => {
    if (!byNamespace.has(namespace)) byNamespace.set(namespace, graphOfNamespace(graph, namespace));
    const owner = byNamespace.get(namespace);
    if (owner === undefined) return { next: [], changedKeys: [] };
    return {
      next: nextNodes(owner, checkpoint),
      changedKeys: visibleKeys(owner, Object.keys(newVersions)),
    };
  };
}
