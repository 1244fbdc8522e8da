// LangChain's bookkeeping for its tracer, left out where there is no tracer: for each node it would make a run of a trace that is
// never sent, and copy the metadata of a run once for each of its keys. What graphs and their callbacks see
// is the same, but for the ids of such runs, which are all one.
import { CallbackManager } from '@langchain/core/callbacks/manager';
import { AsyncLocalStorageProviderSingleton } from '@langchain/core/singletons';

/** Where LangChain keeps the config of what is running. */
const CHILD_CONFIG = Symbol.for('lc:child_config');
const CONTEXT_VARIABLES = Symbol.for('lc:context_variables');
const TRACING = ['LANGSMITH', 'LANGCHAIN'].flatMap((name) => [
  `${name}_TRACING_V2`,
  `${name}_TRACING`,
]);

interface StoredRun {
  readonly tracingEnabled?: boolean;
  extra?: Record<string | symbol, unknown>;
  [CONTEXT_VARIABLES]?: unknown;
}

let isLean = false;

/** Changes LangChain in this process, once. */
export function makeLangChainLean(): void {
  if (isLean) return;
  isLean = true;
  leaveOutUnsentRuns();
  copyMetadataAtOnce();
}

function leaveOutUnsentRuns(): void {
  const langChain = AsyncLocalStorageProviderSingleton;
  const runWithConfig = langChain.runWithConfig.bind(langChain);
  let unsent: StoredRun | undefined;
  langChain.runWithConfig = (config, callback, avoidsRun) => {
    const storage = langChain.getInstance();
    const before = storage.getStore() as StoredRun | undefined;
    if (before?.tracingEnabled === true || isTraced(config))
      return runWithConfig(config, callback, avoidsRun);
    // Made outside of any run, so that it carries nothing of one.
    unsent ??= storage.run(undefined, () =>
      runWithConfig({}, () => storage.getStore() as StoredRun | undefined),
    );
    // LangSmith's functions look at the run that they are called in, though it is not sent.
    const run: StoredRun | undefined =
      avoidsRun === true || unsent === undefined
        ? undefined
        : Object.assign(Object.create(Object.getPrototypeOf(unsent) as object) as object, unsent, {
            extra: { ...unsent.extra, metadata: {}, [CHILD_CONFIG]: config },
            child_runs: [],
            inputs: {},
            serialized: {},
          });
    const variables = before?.[CONTEXT_VARIABLES];
    if (variables === undefined) return storage.run(run, callback);
    return storage.run(Object.assign(run ?? {}, { [CONTEXT_VARIABLES]: variables }), callback);
  };
}

/** Whether LangChain may have a tracer for it. */
function isTraced(config: { readonly callbacks?: unknown } | undefined): boolean {
  const callbacks = config?.callbacks;
  const handlers: unknown = Array.isArray(callbacks)
    ? callbacks
    : (callbacks as CallbackManager | undefined)?.handlers;
  if (Array.isArray(handlers) && handlers.some(isTracer)) return true;
  return TRACING.some((name) => process.env[name] === 'true');
}

function isTracer(handler: unknown): boolean {
  return (handler as { readonly name?: unknown } | null)?.name === 'langchain_tracer';
}

function copyMetadataAtOnce(): void {
  const { prototype } = CallbackManager;
  const { copy } = prototype;
  prototype.copy = function copyOf(this: CallbackManager, ...rest) {
    const { metadata, inheritableMetadata } = this;
    this.metadata = {};
    this.inheritableMetadata = {};
    try {
      const copied = copy.apply(this, rest);
      copied.metadata = { ...metadata };
      const inherited = Object.entries(metadata).filter(([key]) =>
        Object.hasOwn(inheritableMetadata, key),
      );
      copied.inheritableMetadata = Object.fromEntries(inherited);
      return copied;
    } finally {
      this.metadata = metadata;
      this.inheritableMetadata = inheritableMetadata;
    }
  };
}
