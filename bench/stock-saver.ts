// LangGraph's own saver on the storage of an environment, as its guides open it.
import { type BaseCheckpointSaver, MemorySaver } from '@langchain/langgraph-checkpoint';

export interface StockSaver extends AsyncDisposable {
  readonly saver: BaseCheckpointSaver;
}

export async function openStockSaver(
  env: Readonly<Record<string, string | undefined>>,
): Promise<StockSaver> {
  const { ENV = 'development', SQLITE_PATH = '', REDIS_URL = '', DATABASE_URL = '' } = env;
  switch (ENV) {
    case 'sqlite': {
      const { SqliteSaver } = await import('@langchain/langgraph-checkpoint-sqlite');
      const saver = SqliteSaver.fromConnString(SQLITE_PATH);
      return { saver, [Symbol.asyncDispose]: async () => void saver.db.close() };
    }
    case 'staging': {
      const { RedisSaver } = await import('@langchain/langgraph-checkpoint-redis');
      const saver = await RedisSaver.fromUrl(REDIS_URL);
      return { saver, [Symbol.asyncDispose]: () => saver.end() };
    }
    case 'production': {
      const { PostgresSaver } = await import('@langchain/langgraph-checkpoint-postgres');
      const saver = PostgresSaver.fromConnString(DATABASE_URL);
      await saver.setup();
      return { saver, [Symbol.asyncDispose]: () => saver.end() };
    }
    default:
      return { saver: new MemorySaver(), [Symbol.asyncDispose]: () => Promise.resolve() };
  }
}
