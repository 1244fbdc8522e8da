// Which of a client's headers reach the graph, as LangGraph's server has it: by name, `*` standing for any characters.
import { isReservedConfigurable } from '../session/json-input.ts';
import type { Credentials } from './credentials.ts';

export interface HeaderRules {
  readonly includes: readonly string[];
  readonly excludes: readonly string[];
}

/** What says who is calling: only a rule that names it lets it through. */
const SECRETS = new Set(['authorization', 'cookie', 'proxy-authorization', 'x-api-key']);
/** What all headers together may have, as a run is stored with them. */
const MOST_BYTES = 8192;

/** @returns the headers that the rules let through, by their names in lower case; undefined where there are none */
export function headerPicker({ includes, excludes }: HeaderRules) {
  const [included, excluded] = [includes.map(toPattern), excludes.map(toPattern)];
  const isPicked = (name: string) =>
    (SECRETS.has(name)
      ? includes.some((rule) => rule.toLowerCase() === name)
      : included.some((pattern) => pattern.test(name))) &&
    !excluded.some((pattern) => pattern.test(name)) &&
    !isReservedConfigurable(name);
  return (credentials: Credentials): Readonly<Record<string, string>> | undefined => {
    if (included.length === 0) return undefined;
    const names = [...credentials.toHeaders().keys()].filter(isPicked);
    let bytes = 0;
    const headers: Record<string, string> = {};
    for (const name of names) {
      const value = credentials.get(name) ?? '';
      bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
      if (bytes > MOST_BYTES) break;
      headers[name] = value.replaceAll('\0', '');
    }
    return names.length === 0 ? undefined : headers;
  };
}

function toPattern(rule: string): RegExp {
  const parts = rule.toLowerCase().split('*');
  const escaped = parts.map((part) => part.replaceAll(/[$()+.?[\\\]^{|}]/g, String.raw`\$&`));
  return new RegExp(`^${escaped.join('.*')}$`);
}
