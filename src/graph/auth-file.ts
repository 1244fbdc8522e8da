// `auth` of langgraph.json: a file that says who is calling and what they may do, as LangGraph's SDK has it (`Auth`).
import { setTimeout as sleep } from 'node:timers/promises';
import { GatewayError, invalidInput, messageFor } from '../errors.ts';
import { isPlainObject } from '../session/json-input.ts';
import { type Permission, type Policy, type PolicyEvent, isRule } from '../session/policy.ts';
import type { User } from '../session/ports.ts';
import { type ExportEntry, importExport } from './import-export.ts';

/** A user as the file's handlers see them. */
interface AuthUser {
  readonly identity: string;
  readonly display_name: string;
  readonly is_authenticated: boolean;
  readonly permissions: readonly string[];
  readonly [field: string]: unknown;
}

type Handler = (asked: {
  readonly event: string;
  readonly resource: string;
  readonly action: string;
  readonly value: Record<string, unknown>;
  readonly user: AuthUser;
  readonly permissions: readonly string[];
}) => unknown;

/** What `Auth` keeps of what it was given. */
interface Handlers {
  readonly authenticate?: (request: Request) => unknown;
  readonly callbacks?: Readonly<Record<string, Handler>>;
}

export interface AuthFile {
  /** Tells who is calling; undefined: the file leaves that to others. */
  readonly authenticate: ((request: Request) => Promise<User>) | undefined;
  readonly policy: Policy;
}

/** @throws GatewayError INVALID_INPUT saying why the file cannot be had */
export async function openAuthFile(
  entry: ExportEntry,
  warn: (warning: string) => void,
): Promise<AuthFile> {
  const handlers = await importHandlers(entry, warn);
  const { authenticate, callbacks = {} } = handlers;
  const unserved = Object.keys(callbacks).filter((name) => name.startsWith('crons'));
  if (unserved.length > 0)
    warn(`\`auth\`: the handlers of ${unserved.join(', ')} are never called: there are no crons.`);
  return {
    authenticate:
      authenticate && (async (request) => toUser(await asked(() => authenticate(request)))),
    policy: { permit: (user, event, value) => permit(callbacks, user, event, value) },
  };
}

async function importHandlers(
  entry: ExportEntry,
  warn: (warning: string) => void,
): Promise<Handlers> {
  try {
    const exported = (await importExport(entry, warn)) as { '~handlerCache'?: unknown } | null;
    const handlers = exported?.['~handlerCache'];
    if (!isPlainObject(handlers))
      throw new Error('its export is not an `Auth` of @langchain/langgraph-sdk/auth');
    return handlers;
  } catch (cause) {
    throw invalidInput(
      `\`auth\` of langgraph.json (${entry.file}:${entry.exportName}) does not load: ${messageFor(cause)}`,
      cause,
    );
  }
}

async function permit(
  callbacks: Readonly<Record<string, Handler>>,
  user: User,
  event: PolicyEvent,
  value: Record<string, unknown>,
): Promise<Permission> {
  const [resource = '', action = ''] = event.split(':');
  const named = callbacks[event] ?? callbacks[resource];
  const handler = named ?? callbacks[`*:${action}`] ?? callbacks['*'];
  if (handler === undefined) return { rule: null, isNamed: false };
  const authUser = toAuthUser(user);
  const { permissions } = authUser;
  const answer = await asked(() =>
    handler({ event, resource, action, value, user: authUser, permissions }),
  );
  if (answer === false) throw new GatewayError('FORBIDDEN', `You may not do this (${event}).`);
  const isNamed = named !== undefined;
  if (answer === true || answer === null || answer === undefined) return { rule: null, isNamed };
  // Items have no metadata, so that there a rule would mean nothing.
  if (!isRule(answer) || (resource === 'store' && isNamed)) {
    throw new Error(
      `\`auth\` of langgraph.json: its handler for ${event} must return true, false, nothing or a filter of metadata, for the store no filter`,
    );
  }
  return { rule: answer, isNamed };
}

/** How long the file's own code may take. */
const PATIENCE_MS = 10_000;

/** Runs a handler, whose HTTPException is told to the client. */
async function asked(handle: () => unknown): Promise<unknown> {
  const late = new AbortController();
  const patience = sleep(PATIENCE_MS, undefined, { signal: late.signal, ref: false }).then(() => {
    throw new GatewayError(
      'BACKEND_UNAVAILABLE',
      'It took too long to tell who you are; try again.',
    );
  });
  try {
    return await Promise.race([(async () => handle())(), patience]);
  } catch (error) {
    const status = statusOf(error);
    if (status === null) throw error;
    const message = (error instanceof Error && error.message) || 'Refused.';
    if (status === 401) throw new GatewayError('UNAUTHENTICATED', message, { cause: error });
    if (status >= 500) throw new GatewayError('BACKEND_UNAVAILABLE', message, { cause: error });
    throw new GatewayError('FORBIDDEN', message, { cause: error });
  } finally {
    patience.catch(() => undefined);
    late.abort();
  }
}

/** The status of an HTTPException, of whichever copy of the SDK. What else has a status may say what is nobody's business. */
function statusOf(error: unknown): number | null {
  if (!(error instanceof Error) || error.constructor.name !== 'HTTPException') return null;
  return 'status' in error && typeof error.status === 'number' ? error.status : null;
}

function toUser(answer: unknown): User {
  if (typeof answer === 'string') return { id: answer, claims: {} };
  if (!isPlainObject(answer) || typeof answer['identity'] !== 'string')
    throw new GatewayError('UNAUTHENTICATED', 'Not authenticated.');
  const { identity, is_authenticated: isAuthenticated, permissions, ...fields } = answer;
  if (isAuthenticated === false) throw new GatewayError('UNAUTHENTICATED', 'Not authenticated.');
  const scopes = Array.isArray(permissions)
    ? permissions.filter((each) => typeof each === 'string')
    : [];
  // They are stored with each run, as JSON.
  const claims = JSON.parse(JSON.stringify({ ...fields, permissions: scopes })) as object;
  return { id: identity, claims: { ...claims }, scopes };
}

function toAuthUser({ id, claims = {}, scopes = [] }: User): AuthUser {
  const { display_name: name } = claims;
  return {
    ...claims,
    identity: id,
    display_name: typeof name === 'string' ? name : id,
    is_authenticated: true,
    permissions: scopes,
  };
}
