// The least that serves a graph over HTTP: LangGraph with its own saver and a server of Node's own.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openStockSaver } from './stock-saver.ts';
import { sixNodes } from './six-nodes.ts';

const { saver } = await openStockSaver(process.env);
const graph = sixNodes.compile({ checkpointer: saver });
const server = createServer((_request, response) => {
  void graph
    .getState({ configurable: { thread_id: randomUUID() } })
    .then((state) => response.end(JSON.stringify(state.values)));
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`ready at http://127.0.0.1:${port}/\n`);
});
