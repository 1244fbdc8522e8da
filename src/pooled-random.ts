// LangChain makes several UUIDs for each node that runs, and asks the system for the random bytes of each, which takes a
// twelfth of a run's processor time. Here they come out of a pool, as those of Node's own `randomUUID` do.

const POOL_BYTES = 8192;
/** More than this is asked of the system each time. */
const MOST_BYTES = 64;

const fromSystem = crypto.getRandomValues.bind(crypto);
const pool = new Uint8Array(POOL_BYTES);
let used = POOL_BYTES;

crypto.getRandomValues = <Values extends Parameters<Crypto['getRandomValues']>[0]>(
  values: Values,
): Values => {
  if (!(values instanceof Uint8Array) || values.length > MOST_BYTES) return fromSystem(values);
  if (used + values.length > POOL_BYTES) {
    fromSystem(pool);
    used = 0;
  }
  const taken = pool.subarray(used, (used += values.length));
  values.set(taken);
  // Nothing is given out twice, nor left to be read.
  taken.fill(0);
  return values;
};
