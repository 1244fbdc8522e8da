// What a request, a socket and each of its operations must pass before anything is done for them.
import type { IncomingMessage } from 'node:http';
import proxyAddress from '@fastify/proxy-addr';
import ipaddr from 'ipaddr.js';
import type { Config } from '../config.ts';
import { GatewayError, invalidInput } from '../errors.ts';
import { COST_OF_A_REQUEST } from '../graphql/costs.ts';
import type { Backend, RateLimiter, User } from '../session/ports.ts';
import type { Identification, Identify } from './authentication.ts';
import { type PageRules, checkLocal, checkPage } from './origins.ts';

const MINUTE_MS = 60_000;
/** What a new document counts for beyond its request: it takes the process about so many times as long. */
const NEW_DOCUMENT_COUNTS = 9;
/** What is longer counts as a further request for each so many bytes: about what reading it takes. */
export const BYTES_OF_A_REQUEST = 65_536;

type AdmissionSettings = Pick<
  Config,
  'REQUESTS_PER_USER' | 'REQUESTS_PER_ADDRESS' | 'TRUSTED_PROXIES' | 'CORS_ORIGINS'
>;

export class Admission {
  readonly pages: PageRules;
  readonly identify: Identify;
  /** Whether only programs of this machine are answered. */
  readonly #isLocal: boolean;
  readonly #addressOf: (request: IncomingMessage) => string;
  readonly #perUser: RateLimiter | null;
  readonly #perAddress: RateLimiter | null;

  /** @throws GatewayError INVALID_INPUT for TRUSTED_PROXIES that are none */
  constructor(
    settings: AdmissionSettings,
    backend: Pick<Backend, 'createRateLimiter'>,
    { identify, believesAnybody }: Identification,
  ) {
    this.pages = { origins: settings.CORS_ORIGINS };
    this.#isLocal = believesAnybody;
    this.identify = identify;
    this.#addressOf = addressReader(settings.TRUSTED_PROXIES);
    const limit = (name: string, most: number | null) =>
      most === null ? null : backend.createRateLimiter(name, most, MINUTE_MS);
    this.#perUser = limit('user', settings.REQUESTS_PER_USER);
    this.#perAddress = limit('address', settings.REQUESTS_PER_ADDRESS);
  }

  /** Looks at how a request came, whatever it asks for. @throws GatewayError FORBIDDEN */
  checkIsLocal({ headers }: IncomingMessage): void {
    if (this.#isLocal) checkLocal(headers);
  }

  /** Looks at where a request, or a socket, comes from. @throws GatewayError RATE_LIMITED, FORBIDDEN */
  async admit(request: IncomingMessage): Promise<void> {
    this.checkIsLocal(request);
    checkPage(request.headers, this.pages);
    await count(this.#perAddress, this.#addressOf(request), 'REQUESTS_PER_ADDRESS');
  }

  /** Counts a request. @throws GatewayError RATE_LIMITED */
  count(user: User): Promise<void> {
    return this.#countUser(user, 1);
  }

  /** Counts a message of a socket, whatever it says. @throws GatewayError RATE_LIMITED */
  countMessage(user: User, bytes: number): Promise<void> {
    return this.#countUser(user, 1 + Math.floor(bytes / BYTES_OF_A_REQUEST));
  }

  /** Counts what a request is longer than most. @throws GatewayError RATE_LIMITED */
  countBytes(user: User, bytes: number): Promise<void> {
    return this.#countUser(user, Math.floor(bytes / BYTES_OF_A_REQUEST));
  }

  /** Counts what an operation costs beyond a request. @throws GatewayError RATE_LIMITED */
  countCost(user: User, cost: number): Promise<void> {
    return this.#countUser(user, Math.floor(cost / COST_OF_A_REQUEST));
  }

  /** Counts a document that has to be parsed and validated. @throws GatewayError RATE_LIMITED */
  countDocument(user: User): Promise<void> {
    return this.#countUser(user, NEW_DOCUMENT_COUNTS);
  }

  async #countUser({ id, actedBy }: User, times: number): Promise<void> {
    if (times > 0) await count(this.#perUser, actedBy ?? id, 'REQUESTS_PER_USER', times);
  }
}

async function count(
  limiter: RateLimiter | null,
  key: string,
  setting: string,
  times = 1,
): Promise<void> {
  const waitMs = (await limiter?.consume(key, times)) ?? 0;
  if (waitMs === 0) return;
  const retryAfter = Math.ceil(waitMs / 1000);
  throw new GatewayError(
    'RATE_LIMITED',
    `Rate limit exceeded (${setting} per minute). Retry in ${retryAfter} s.`,
    { extensions: { retryAfter } },
  );
}

/** @returns what tells the address that a request comes from, behind the proxies that are trusted */
function addressReader(trusted: readonly string[]): (request: IncomingMessage) => string {
  try {
    const trust = proxyAddress.compile([...trusted]);
    return (request) => networkOf(remoteAddress(request, trust));
  } catch (cause) {
    throw invalidInput(
      `TRUSTED_PROXIES=${trusted.join(',')} must be IP addresses or CIDR ranges.`,
      cause,
    );
  }
}

/** A connection that has ended has no address any more, whatever the types say. */
function remoteAddress(request: IncomingMessage, trust: ReturnType<typeof proxyAddress.compile>) {
  const address: string | undefined = proxyAddress(request, trust);
  return address ?? '';
}

/** Whoever has one address of version 6 has all of its network. */
function networkOf(address: string): string {
  // Some proxies write a port behind it.
  const bare = address.replace(/^\[(.*)\](:\d+)?$/, '$1').replace(/^([\d.]+):\d+$/, '$1');
  if (!ipaddr.isValid(bare)) return 'no address';
  const parsed = ipaddr.process(bare).toString();
  if (ipaddr.IPv4.isValid(parsed)) return parsed;
  return ipaddr.IPv6.networkAddressFromCIDR(`${parsed}/64`).toString();
}
