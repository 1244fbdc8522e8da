// Reads what a client sent before anything else is done with it.
import { z } from 'zod';
import { invalidInput } from '../errors.ts';
import { checkJson, checkJsonObject, checkText, isPlainObject } from './json-input.ts';
import { checkMetadata } from './metadata.ts';
import type { SessionFilter } from './ports.ts';
import type { RunKind, RunOptions, Work } from './run.ts';

const uuid = z.guid();

/** @throws GatewayError INVALID_INPUT unless it is a UUID. */
export function checkUuid(field: string, id: string): string {
  if (!uuid.safeParse(id).success) throw invalidInput(`\`${field}\` is not a UUID.`);
  return id.toLowerCase();
}

/** An id that may be left out. @throws GatewayError INVALID_INPUT for anything else that is not a UUID, "" too. */
export function checkOptionalUuid(field: string, id: string | null | undefined): string | null {
  return id === null || id === undefined ? null : checkUuid(field, id);
}

/** @throws GatewayError INVALID_INPUT for a number outside of 1 to `most`. */
export function checkRecursionLimit(limit: number | null | undefined, most: number): number | null {
  if (limit === null || limit === undefined) return null;
  if (limit < 1 || limit > most) throw invalidInput(`\`recursionLimit\` must be 1 to ${most}.`);
  return limit;
}

/**
 * The time to live in ms; null: for ever.
 * @param mostMs MAX_SESSION_TTL; null: there is none
 * @throws GatewayError INVALID_INPUT for less than a second, or for more than there may be
 */
export function checkTtl(seconds: number | null, mostMs: number | null): number | null {
  if (seconds !== null && seconds < 1) throw invalidInput('`ttlSeconds` must be at least 1.');
  const ttlMs = seconds === null ? null : seconds * 1000;
  if (mostMs !== null && (ttlMs ?? Infinity) > mostMs) {
    const given = seconds === null ? 'must not be null, and' : 'must be';
    throw invalidInput(`\`ttlSeconds\` ${given} at most ${mostMs / 1000} (MAX_SESSION_TTL).`);
  }
  return ttlMs;
}

export interface RunArguments {
  readonly context?: unknown;
  readonly interruptBefore?: readonly string[] | null | undefined;
  readonly interruptAfter?: readonly string[] | null | undefined;
  readonly runMetadata?: unknown;
  readonly tags?: readonly string[] | null | undefined;
}

/** Tags by which LangGraph and LangSmith hide tasks, or leave their messages out. */
const RESERVED_TAG = /^(langsmith:|langgraph:|seq:step|graph:step|nostream$)/;
/** What the gateway and LangGraph put into a run's metadata, which logs and traces are read by. */
const RESERVED_METADATA =
  /^(__|langgraph_|ls_|(thread_id|run_id|run_attempt|graph_id|assistant_id|user|checkpoint_(ns|id|map))$)/;

export const MOST_TAGS = 32;
export const LONGEST_TAG = 128;
const MOST_NODES = 100;

/**
 * What a run is given beside its work. Whether the graph has the nodes, and takes the context, it says itself.
 * @throws GatewayError INVALID_INPUT
 */
export function checkRunOptions(given: RunArguments, maxBytes: number): RunOptions {
  const { context, interruptBefore, interruptAfter, runMetadata, tags } = given;
  for (const tag of tags ?? []) {
    checkText('tags', tag);
    if (RESERVED_TAG.test(tag)) throw invalidInput(`\`tags\`: "${tag}" is reserved by LangGraph.`);
  }
  if ((tags?.length ?? 0) > MOST_TAGS || tags?.some(({ length }) => length > LONGEST_TAG))
    throw invalidInput(`\`tags\` are at most ${MOST_TAGS}, of at most ${LONGEST_TAG} characters.`);
  return {
    ...(isGiven(context) && { context: checkJsonObject('context', context, maxBytes) }),
    ...(isGiven(interruptBefore) && { interruptBefore: few('interruptBefore', interruptBefore) }),
    ...(isGiven(interruptAfter) && { interruptAfter: few('interruptAfter', interruptAfter) }),
    ...(isGiven(runMetadata) && { metadata: checkRunMetadata(runMetadata) }),
    ...(isGiven(tags) && { tags }),
  };
}

function checkRunMetadata(value: unknown): Readonly<Record<string, unknown>> {
  const metadata = checkMetadata(value, 'runMetadata');
  const reserved = Object.keys(metadata).find((key) => RESERVED_METADATA.test(key));
  if (reserved === undefined) return metadata;
  throw invalidInput(`\`runMetadata.${reserved}\` is reserved and cannot be set.`);
}

function few(field: string, nodes: readonly string[]): readonly string[] {
  if (nodes.length > MOST_NODES)
    throw invalidInput(`\`${field}\` names at most ${MOST_NODES} nodes.`);
  return nodes;
}

export function isGiven<Value>(value: Value): value is NonNullable<Value> {
  return value !== null && value !== undefined;
}

export interface RequestedWork {
  readonly kind: RunKind;
  /** What the client sees as the run's input. */
  readonly input: unknown;
  readonly work: Work;
}

/** Where a typed answer keeps the question that it is to: nothing that reads answers as JSON sees it. */
export const QUESTION = Symbol('session-gateway.question');

/** The question that a typed answer is to. */
export interface AnsweredQuestion {
  /** Null for a built-in question (HITL, HumanInterrupt). */
  readonly graphId: string | null;
  readonly name: string;
}

export interface WorkArguments {
  readonly message?: string | null | undefined;
  readonly input?: unknown;
  readonly answers?:
    | readonly {
        readonly interruptId: string;
        readonly value?: unknown;
        readonly [QUESTION]?: AnsweredQuestion;
      }[]
    | null
    | undefined;
  /** Beside answers: LangGraph's Command.update and Command.goto. */
  readonly values?: unknown;
  readonly goto?: readonly string[] | null | undefined;
}

/**
 * The work that resumeSession asks for.
 * @param wordsToInput what plain words mean to the graph
 * @throws GatewayError INVALID_INPUT for more than one of message, input and answers
 */
export function requestedWork(
  { message, input, answers, values: update, goto }: WorkArguments,
  wordsToInput: (words: string) => unknown,
  maxBytes: number,
): RequestedWork {
  const given = [message, input, answers].filter((value) => value !== null && value !== undefined);
  if (given.length > 1) throw invalidInput('Give at most one of `message`, `input` and `answers`.');
  if (!answers && (isGiven(update) || isGiven(goto))) {
    throw invalidInput(
      '`values` and `goto` go with `answers`; without them, edit the state (`updateSessionState`).',
    );
  }
  if (typeof message === 'string') {
    checkJson('message', message, maxBytes);
    return {
      kind: 'MESSAGE',
      input: message,
      work: { type: 'input', input: wordsToInput(message) },
    };
  }
  if (answers) {
    if (answers.length === 0)
      throw invalidInput('`answers` is empty; name at least one interrupt.');
    const values = new Map(answers.map(({ interruptId, value }) => [interruptId, value ?? null]));
    if (values.size < answers.length) throw invalidInput('`answers` answers an interrupt twice.');
    for (const [id, value] of values) checkJson(`answers.${id}`, value, maxBytes);
    const byId = Object.fromEntries(values);
    const command = {
      ...(isGiven(update) && { update: checkJsonObject('values', update, maxBytes) }),
      ...(isGiven(goto) && { goto: few('goto', goto) }),
    };
    return { kind: 'ANSWERS', input: byId, work: { type: 'answers', answers: byId, ...command } };
  }
  if (input !== null && input !== undefined) {
    checkJson('input', input, maxBytes);
    return { kind: 'INPUT', input, work: { type: 'input', input } };
  }
  return { kind: 'CONTINUE', input: null, work: { type: 'continue' } };
}

const MOST_FILTER_KEYS = 50;

/** @throws GatewayError INVALID_INPUT unless metadata names scalars, and not too many. */
export function checkMetadataFilter(value: unknown): SessionFilter['metadata'] {
  const metadata = value ?? {};
  const entries = isPlainObject(metadata) ? Object.entries(metadata) : undefined;
  const scalars = entries?.flatMap(([key, item]) => (isScalar(item) ? [[key, item] as const] : []));
  if (
    scalars === undefined ||
    scalars.length !== entries?.length ||
    scalars.length > MOST_FILTER_KEYS
  ) {
    throw invalidInput(
      `\`filter.metadata\` must be an object of at most ${MOST_FILTER_KEYS} top-level keys with scalar values.`,
    );
  }
  return Object.fromEntries(scalars);
}

function isScalar(value: unknown): value is string | number | boolean | null {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}
