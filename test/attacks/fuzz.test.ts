// Whatever is sent, over HTTP and WebSocket: no answer of 500, no INTERNAL, no crash, no memory that stays taken, and
// nothing stored. FUZZ_INPUTS and FUZZ_SEED say how much, and which; a failure names its seed.
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import * as fc from 'fast-check';
import { buildSchema } from 'graphql';
import { WebSocket } from 'ws';
import { expect, it } from 'vitest';
import { as } from '../support/caller.ts';
import * as documents from '../support/operations.ts';
import { openEnvironment } from '../support/environments.ts';
import { type Program, startProgram } from '../support/program.ts';
import { WholeSelection } from '../support/whole-selection.ts';

const { FUZZ_INPUTS, FUZZ_SEED } = process.env;
const INPUTS = Number(FUZZ_INPUTS ?? 10_000);
/** Always the same where a change is checked; `npm run fuzz` goes where none has been. */
const SEED = Number(FUZZ_SEED ?? (FUZZ_INPUTS === undefined ? 1 : randomInt(2 ** 31)));
const BATCH = 1000;
const AT_ONCE = 16;
/** Of the socket's messages one in so many comes with a socket of its own. */
const MESSAGES_PER_SOCKET = 20;

const MAIN = join(import.meta.dirname, '../../src/main.ts');
const COLLECTED = 'collected\n';
/** Collects garbage when it is asked to. */
const COLLECTS = `data:text/javascript,${encodeURIComponent(
  `process.on('SIGUSR2', () => { gc(); process.stdout.write(${JSON.stringify(COLLECTED)}); });`,
)}`;

const schema = buildSchema(readFileSync('schema.graphql', 'utf8'));
const session = schema.getType('Session');
const CORPUS = [
  ...Object.values(documents).map(String),
  `{ session(id: "11111111-1111-4111-8111-111111111111") ${session === undefined ? '' : new WholeSelection(schema).of(session)} }`,
  '{ __schema { types { name fields { name type { name ofType { name } } } } } }',
  'query A { graphs { id } } query B { graphs { nodes } }',
  '{ graphs { ...f } } fragment f on Graph { id ...g } fragment g on Graph { nodes ...f }',
];

const strange = fc.constantFrom(
  '__proto__',
  'constructor',
  'prototype',
  'lc',
  'toString',
  '',
  '\0',
  '\ud800',
  '🙂',
  '\u202e',
  '{',
  '}',
  '(',
  '"',
  '"""',
  '$',
  '@',
  '...',
  '!',
  '#',
  '\\',
  '\\u{110000}',
  '999999999999999999999',
  '-0',
  '1e400',
  'NaN',
  'null',
);
const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 60 }), strange, fc.uuid());
const json = fc.oneof(
  fc.jsonValue({ maxDepth: 4 }),
  fc.dictionary(text, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 5 }),
  fc.constantFrom<unknown>(1e308, -1e308, 2 ** 53, Number.MIN_VALUE, true, null, [
    [[[[[[[[[]]]]]]]]],
  ]),
);

/** A document of the corpus with some of its text cut, doubled, or changed for something strange. */
const operation = fc
  .tuple(
    fc.constantFrom(...CORPUS),
    fc.array(fc.tuple(fc.nat(), fc.nat(12), fc.oneof(text, fc.constant(null))), { maxLength: 4 }),
  )
  .map(([document, changes]) =>
    changes.reduce((changed, [at, length, put]) => {
      const start = at % (changed.length + 1);
      const cut = changed.slice(start, start + length);
      return changed.slice(0, start) + (put ?? cut + cut) + changed.slice(start + length);
    }, document),
  );
const variables = fc.dictionary(
  fc.oneof(
    fc.constantFrom(
      'id',
      'input',
      'after',
      'first',
      'sessionId',
      'filter',
      'timeoutSeconds',
      'untilSettled',
    ),
    text,
  ),
  fc.oneof(
    json,
    fc.record(
      { sessionId: fc.uuid(), graphId: text, input: json, answers: json, first: fc.double() },
      { requiredKeys: [] },
    ),
  ),
  { maxKeys: 6 },
);
const request = fc.record(
  {
    query: fc.oneof(operation, json),
    variables: fc.oneof(variables, json),
    operationName: json,
    extensions: json,
    documentId: json,
  },
  { requiredKeys: ['query'] },
);
const body = fc.oneof(
  { weight: 6, arbitrary: request.map((one) => JSON.stringify(one)) },
  { weight: 1, arbitrary: fc.array(request, { maxLength: 3 }).map((many) => JSON.stringify(many)) },
  { weight: 1, arbitrary: json.map((value) => JSON.stringify(value)) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(request, fc.nat())
      .map(([one, at]) => JSON.stringify(one).slice(0, at % 200)),
  },
  {
    weight: 1,
    arbitrary: fc
      .nat(5000)
      .map(
        (depth) => `{"query":"{graphs{id}}","variables":${'['.repeat(depth)}${']'.repeat(depth)}}`,
      ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '{"query":"{graphs{id}}","__proto__":{"a":1}}',
      '{"query":"{graphs{id}}","variables":{"__proto__":{"polluted":1}}}',
    ),
  },
);
const header = fc
  .string({ unit: 'grapheme-ascii', maxLength: 30 })
  .map((value) => value.replaceAll(/[^\x20-\x7e]/g, '').trim());
const headers = fc.record(
  {
    'content-type': fc.oneof(
      { weight: 8, arbitrary: fc.constant('application/json') },
      { weight: 1, arbitrary: header },
    ),
    accept: fc.oneof(
      fc.constantFrom(
        'application/json',
        'application/graphql-response+json',
        'text/event-stream',
        'text/html',
        '*/*',
      ),
      header,
    ),
    'last-event-id': header,
    asUser: header,
    origin: fc.constantFrom('null', 'https://evil.example.com', 'nonsense'),
    'x-request-id': header,
    traceparent: header,
  },
  { requiredKeys: ['content-type'] },
);
const call = fc.record({
  method: fc.constantFrom('POST', 'POST', 'POST', 'GET'),
  body,
  headers,
  search: fc.record(
    { query: operation, variables: text, operationName: text },
    { requiredKeys: [] },
  ),
});
const frame = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(text, request)
      .map(([id, payload]) => JSON.stringify({ id, type: 'subscribe', payload })),
  },
  {
    weight: 2,
    arbitrary: fc
      .record({
        id: json,
        type: fc.oneof(
          fc.constantFrom(
            'subscribe',
            'complete',
            'ping',
            'pong',
            'connection_init',
            'next',
            'error',
          ),
          text,
        ),
        payload: json,
      })
      .map((one) => JSON.stringify(one)),
  },
  { weight: 1, arbitrary: body },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) },
);

it(`holds whatever is sent (FUZZ_SEED=${SEED}, ${INPUTS} inputs)`, async () => {
  await using environment = await openEnvironment('sqlite');
  const settings = {
    ...environment.settings,
    LOG_LEVEL: 'error',
    REQUESTS_PER_USER: 'unlimited',
    REQUESTS_PER_ADDRESS: 'unlimited',
  };
  await using program = await startProgram(settings, ['--expose-gc', '--import', COLLECTS, MAIN]);
  const found: string[] = [];
  const heaps: number[] = [];
  for (let n = 0; n * BATCH < INPUTS; n += 1) {
    const sample = { seed: SEED + n, numRuns: BATCH / 2 };
    await sendAll(program, fc.sample(call, sample), found);
    await sendFrames(program, fc.sample(frame, sample), found);
    if (n % 5 === 4) heaps.push(await heapOf(program));
    expect({ seed: SEED + n, found }).toEqual({ seed: SEED + n, found: [] });
  }
  expect(program.process.exitCode).toBeNull();
  // Its log says only what an operator must know.
  const logged = program
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'));
  expect(logged).toEqual([]);
  if (heaps.length >= 8) {
    const quarter = Math.floor(heaps.length / 4);
    const early = Math.min(...heaps.slice(quarter, 2 * quarter));
    const late = Math.min(...heaps.slice(-quarter));
    process.stdout.write(`FUZZ_INPUTS=${INPUTS} FUZZ_HEAP_RATIO=${(late / early).toFixed(2)}\n`);
    expect(late / early).toBeLessThan(1.3);
  }
  expect(await heldLongerThan2s(program)).toBe(0);
  await program.end();
  const file = new Database(environment.settings['SQLITE_PATH'], { readonly: true });
  for (const table of [
    'sessions',
    'runs',
    'session_events',
    'idempotency_keys',
    'checkpoints',
    'writes',
  ])
    expect([table, file.prepare(`SELECT count(*) AS rows FROM ${table}`).get()]).toEqual([
      table,
      { rows: 0 },
    ]);
  file.close();
}, 1_200_000);

type Call = typeof call extends fc.Arbitrary<infer Value> ? Value : never;

async function sendAll(program: Program, calls: readonly Call[], found: string[]): Promise<void> {
  const left = [...calls];
  const lane = async () => {
    for (let one = left.pop(); one !== undefined; one = left.pop()) {
      const url = new URL(program.url);
      if (one.method === 'GET')
        for (const [name, value] of Object.entries(one.search))
          url.searchParams.set(name, value.toWellFormed());
      const sent = {
        method: one.method,
        headers: { ...as('fuzz'), ...one.headers },
        ...(one.method === 'POST' && { body: one.body.toWellFormed() }),
        signal: AbortSignal.timeout(10_000),
      };
      try {
        const response = await fetch(url, sent);
        const answer = await response.text();
        if (response.status >= 500 || /"code":"INTERNAL"/.test(answer))
          found.push(`${response.status} ${answer.slice(0, 300)} for ${JSON.stringify(one)}`);
      } catch (error) {
        found.push(`${String(error)} for ${JSON.stringify(one)}`);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

async function sendFrames(
  program: Program,
  frames: readonly (string | Uint8Array)[],
  found: string[],
): Promise<void> {
  for (let n = 0; n < frames.length; n += MESSAGES_PER_SOCKET * AT_ONCE) {
    const lanes = Array.from({ length: AT_ONCE }, (_, lane) => {
      const start = n + lane * MESSAGES_PER_SOCKET;
      return sendOnSocket(program, frames.slice(start, start + MESSAGES_PER_SOCKET), found);
    });
    await Promise.all(lanes);
  }
}

/** Sends until the server closes the socket, as it must where the protocol is broken. */
function sendOnSocket(
  program: Program,
  frames: readonly (string | Uint8Array)[],
  found: string[],
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const socket = new WebSocket(program.url.replace('http', 'ws'), 'graphql-transport-ws');
  const done = setTimeout(() => socket.close(), 10_000);
  socket.on('open', () => {
    socket.send(JSON.stringify({ type: 'connection_init', payload: as('fuzz') }));
    for (const one of frames) socket.send(one);
    setTimeout(() => socket.close(), 30);
  });
  socket.on('message', (data: Buffer) => {
    if (data.includes('"code":"INTERNAL"'))
      found.push(`${data.toString().slice(0, 300)} for ${JSON.stringify(frames)}`);
  });
  socket.on('error', () => undefined);
  socket.on('close', (code) => {
    clearTimeout(done);
    if (code === 4500 || code === 1011)
      found.push(`closed with ${code} for ${JSON.stringify(frames)}`);
    resolve();
  });
  return promise;
}

/** What the program holds, without what it no longer needs. */
async function heapOf(program: Program): Promise<number> {
  const collections = () => program.output().split(COLLECTED).length;
  const before = collections();
  program.process.kill('SIGUSR2');
  await expect.poll(collections).toBeGreaterThan(before);
  const metrics = await (await fetch(new URL('/metrics', program.url))).text();
  return Number(/^nodejs_heap_size_used_bytes (\S+)/m.exec(metrics)?.[1]);
}

/** How often the event loop was held for so long. */
async function heldLongerThan2s(program: Program): Promise<number> {
  const metrics = await (await fetch(new URL('/metrics', program.url))).text();
  const upTo = (le: string) =>
    Number(metrics.split(`event_loop_held_seconds_bucket{le="${le}"} `)[1]?.split('\n')[0]);
  return upTo('+Inf') - upTo('2');
}
