import type { BaseCheckpointSaver } from '@langchain/langgraph-checkpoint';

/**
 * Spares the store a look at a thread that has no checkpoint: until one is put, there is none to find. Changes the
 * saver, which is the attempt's own.
 */
export function knownToBeEmpty<Saver extends BaseCheckpointSaver>(saver: Saver): Saver {
  const getTuple = saver.getTuple.bind(saver);
  const put = saver.put.bind(saver);
  let empty = true;
  saver.getTuple = (config) => (empty ? Promise.resolve(undefined) : getTuple(config));
  saver.put = (...given) => {
    empty = false;
    return put(...given);
  };
  return saver;
}
