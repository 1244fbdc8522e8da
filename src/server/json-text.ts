import { invalidInput } from '../errors.ts';
import { DEEPEST_JSON } from '../session/json-input.ts';

/** How much deeper a request is than the deepest value in it: `variables`, an input, lists and objects of inputs. */
const AROUND = 16;

/**
 * Reads JSON of a client. What is nested without end takes JSON.parse a hundred times as long as other text of its
 * length, so it is refused before.
 * @throws GatewayError INVALID_INPUT
 */
export function parseJsonText(what: string, text: string): unknown {
  checkNesting(what, text);
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw invalidInput(`The ${what} is not valid JSON.`, cause);
  }
}

/** @throws GatewayError INVALID_INPUT */
export function checkNesting(what: string, text: string): void {
  const deepest = DEEPEST_JSON + AROUND;
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === OPEN_LIST || code === OPEN_OBJECT) depth += 1;
    else if (code === CLOSE_LIST || code === CLOSE_OBJECT) depth -= 1;
    if (depth > deepest) throw invalidInput(`The ${what} is nested more than ${deepest} deep.`);
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Where the string ends that begins there. */
function endOfString(text: string, begin: number): number {
  let end = begin;
  for (;;) {
    end = text.indexOf('"', end + 1);
    if (end === -1) return text.length;
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return end;
  }
}
