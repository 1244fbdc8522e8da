// Arithmetic from text by a small recursive-descent parser: nothing that a model writes is ever evaluated as code.
//
//   sum     = product (("+" | "-") product)*
//   product = sign (("*" | "/" | "%") sign)*
//   sign    = ("-" | "+") sign | power
//   power   = value ("^" sign)?
//   value   = number | "(" sum ")"

/** Deep enough for any real sum, and far from the end of the stack. */
const MAX_DEPTH = 100;

const TOKEN = /\s*(?:(\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?)|([-+*/%^()]))/iy;

/**
 * The value of a sum such as `2 * (3 + 4) ^ 2`.
 * @throws Error saying what is wrong with the text, or that the result is no finite number
 */
export function calculate(expression: string): number {
  const tokens = new Tokens(expression);
  const result = sum(tokens, 0);
  const rest = tokens.peek();
  if (rest !== undefined) throw new Error(`"${rest}" was not expected.`);
  if (!Number.isFinite(result)) throw new Error('The result is not a finite number.');
  return result;
}

class Tokens {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = split(text.trim());
  }

  peek(): string | undefined {
    return this.#tokens[this.#at];
  }

  /** The next token, where it is one of these. */
  take(...wanted: readonly string[]): string | undefined {
    const token = this.peek();
    if (token === undefined || !wanted.includes(token)) return undefined;
    this.#at += 1;
    return token;
  }

  takeNumber(): number {
    const token = this.peek();
    const number = Number(token);
    if (token === undefined) throw new Error('The expression ends too early.');
    if (Number.isNaN(number)) throw new Error(`A number was expected instead of "${token}".`);
    this.#at += 1;
    return number;
  }
}

function split(text: string): string[] {
  const tokens: string[] = [];
  const pattern = new RegExp(TOKEN);
  while (pattern.lastIndex < text.length) {
    const start = pattern.lastIndex;
    const match = pattern.exec(text);
    if (match === null) throw new Error(`"${text.slice(start).trim()}" is not arithmetic.`);
    tokens.push(match[0].trim());
  }
  return tokens;
}

function sum(tokens: Tokens, depth: number): number {
  let result = product(tokens, depth);
  for (let sign = tokens.take('+', '-'); sign !== undefined; sign = tokens.take('+', '-')) {
    const next = product(tokens, depth);
    result = sign === '+' ? result + next : result - next;
  }
  return result;
}

function product(tokens: Tokens, depth: number): number {
  let result = signed(tokens, depth);
  for (
    let sign = tokens.take('*', '/', '%');
    sign !== undefined;
    sign = tokens.take('*', '/', '%')
  ) {
    const next = signed(tokens, depth);
    if (sign !== '*' && next === 0) throw new Error('Nothing can be divided by zero.');
    if (sign === '*') result *= next;
    else result = sign === '/' ? result / next : result % next;
  }
  return result;
}

function signed(tokens: Tokens, depth: number): number {
  if (depth > MAX_DEPTH) throw new Error('The expression is nested too deeply.');
  const sign = tokens.take('-', '+');
  if (sign === undefined) return power(tokens, depth);
  const value = signed(tokens, depth + 1);
  return sign === '-' ? -value : value;
}

/** Binds tighter than a sign before it, and to the right: `-2 ^ 2` is -4, `2 ^ 3 ^ 2` is 512. */
function power(tokens: Tokens, depth: number): number {
  const base = value(tokens, depth);
  return tokens.take('^') === undefined ? base : base ** signed(tokens, depth + 1);
}

function value(tokens: Tokens, depth: number): number {
  if (tokens.take('(') === undefined) return tokens.takeNumber();
  const result = sum(tokens, depth + 1);
  if (tokens.take(')') === undefined) throw new Error('A closing parenthesis is missing.');
  return result;
}
