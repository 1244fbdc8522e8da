// The embeddings that `store.index` of langgraph.json names: a file's, or those of a provider's package in the project.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { join } from 'node:path';
import { afterAll, expect, it, vi } from 'vitest';
import type { StoreSettings } from '../../src/graph/langgraph-json.ts';
import { openStoreSettings } from '../../src/graph/store-settings.ts';

const PROJECT = join(import.meta.dirname, '../graphs/environment/langgraph.json');
const file = (exportName: string) => ({
  file: join(import.meta.dirname, '../graphs/environment', `${exportName}.ts`),
  exportName,
});

async function indexOf(embed: NonNullable<StoreSettings['index']>['embed'], dims: number) {
  const settings = { index: { embed, dims, fields: ['$'] }, refreshOnRead: false };
  return (await openStoreSettings(settings, PROJECT, () => undefined)).index;
}

afterAll(() => vi.unstubAllEnvs());

it('are taken from the package of a provider', async () => {
  const asked: unknown[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const body = (await json(request)) as { model: string; input: string[] };
      asked.push([request.url, body.model]);
      const data = body.input.map((_text, index) => ({ index, embedding: [3, 4] }));
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ data, model: body.model, usage: {} }));
    })();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  vi.stubEnv('OPENAI_API_KEY', 'none');
  vi.stubEnv('OPENAI_BASE_URL', `http://127.0.0.1:${port}/v1`);
  const index = await indexOf('openai:some-model', 2);
  const [vector] = (await index?.vectorsOf({ a: 'text' })) ?? [];
  expect(Array.from(vector ?? [])).toEqual([expect.closeTo(0.6, 5), expect.closeTo(0.8, 5)]);
  expect(asked).toEqual([['/v1/embeddings', 'some-model']]);
  server.close();
  server.closeAllConnections();
});

it('are taken from a file', async () => {
  const index = await indexOf(file('embed'), 26);
  expect(await index?.vectorsOf({ a: 'text' })).toHaveLength(1);
});

it.each([
  ['nobody:model', 'its provider is none of azure_openai, bedrock, cohere'],
  ['model', 'its provider is none of'],
  ['cohere:embed-v4', 'install @langchain/cohere beside the graphs'],
  [file('nowhere'), 'there is no such file'],
  [{ ...file('embed'), exportName: 'other' }, 'it exports no "other"'],
  [
    { file: join(import.meta.dirname, '../graphs/auth/graphs.ts'), exportName: 'told' },
    'it exports neither Embeddings of LangChain',
  ],
])('%o cannot be had: %s', async (embed, reason) => {
  await expect(indexOf(embed, 2)).rejects.toThrow(reason);
});
