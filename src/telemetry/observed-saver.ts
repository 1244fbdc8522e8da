import type { BaseCheckpointSaver } from '@langchain/langgraph-checkpoint';
import { ERROR } from '../session/langgraph-names.ts';
import type { Attempt } from '../session/ports.ts';
import type { Metrics } from './metrics.ts';
import { isFenced } from './observed-store.ts';
import type { AttemptTrace } from './tracing.ts';

/** Times and traces what an attempt writes. The saver is the attempt's own, so it is changed in place. */
export function observeSaver<Saver extends BaseCheckpointSaver>(
  saver: Saver,
  nodeOf: Attempt['nodeOf'],
  metrics: Metrics,
  trace: AttemptTrace,
): Saver {
  const put = saver.put.bind(saver);
  const putWrites = saver.putWrites.bind(saver);

  async function timed<Result>(operation: string, write: () => Promise<Result>): Promise<Result> {
    const end = metrics.writeTime.startTimer({ operation });
    try {
      return await write();
    } catch (error) {
      if (isFenced(error)) metrics.fenced.inc();
      throw error;
    } finally {
      end();
    }
  }

  saver.put = (config, checkpoint, metadata, versions) =>
    trace.checkpoint(namespaceOf(config), metadata.step, () =>
      timed('put', () => put(config, checkpoint, metadata, versions)),
    );
  // Begun at once: the store keeps an attempt's writes in the order in which they are begun.
  saver.putWrites = (...given) => {
    const [config, writes, taskId] = given;
    // LangGraph passes the task's path as a fourth argument, which its base class does not name.
    const [, , , taskPath = ''] = given as [unknown, unknown, unknown, string?];
    const failed = writes.some(([channel]) => channel === ERROR);
    return trace.writes(
      namespaceOf(config),
      () => nodeOf(taskId, taskPath),
      failed,
      () => timed('putWrites', () => putWrites(...given)),
    );
  };
  return saver;
}

function namespaceOf(config: Parameters<BaseCheckpointSaver['put']>[0]): string {
  const namespace: unknown = config.configurable?.['checkpoint_ns'];
  return typeof namespace === 'string' ? namespace : '';
}
