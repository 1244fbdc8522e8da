// Secrets of the environment never appear in an answer or in the log: wherever a graph or a library put them into an
// error's words, they are redacted.

/** Names of variables that hold secrets, the gateway's own and those of models and tools. */
const SECRET_NAME =
  /secret|token|passw|passphrase|pass(_|$)|(^|_)pass|(^|_|pg)pwd|private|credential|(^|_)key$|key_?id$/i;
/** Where a shell is, and was. */
const FOLDERS = new Set(['PWD', 'OLDPWD']);
/** Shorter ones are words that stand in any text. */
const SHORTEST = 8;
/** One of letters alone is taken for a word unless it is as long as this. */
const LONGER_THAN_WORDS = 20;
const BLOT = '[secret]';

let pattern: RegExp | undefined;

/** Learns the secrets of the environment: values of variables named like one, and passwords within addresses. */
export function learnSecrets(environment: Readonly<Record<string, string | undefined>>): void {
  const secrets = Object.entries(environment).flatMap(([name, value = '']) => [
    ...(SECRET_NAME.test(name) && !FOLDERS.has(name) ? [value, ...value.split('\n')] : []),
    ...passwordsIn(value),
  ]);
  const long = [...new Set(secrets.map((secret) => secret.trim()))]
    .filter(isSecret)
    .flatMap(formsOf)
    .toSorted((a, b) => b.length - a.length);
  const known = [...new Set(long)]
    .map((secret) => secret.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`))
    .join('|');
  pattern = known === '' ? undefined : new RegExp(known, 'g');
}

/** How a secret stands in text: within JSON, in an address, and in base64, alone or with what goes before it. */
function formsOf(secret: string): string[] {
  // Three bytes are four letters: what stands before it decides where they begin, and its ends may be another's.
  const encoded = [0, 1, 2].map((before) => {
    const text = Buffer.from('.'.repeat(before) + secret).toString('base64');
    return text
      .slice(before === 0 ? 0 : before + 1)
      .replace(/=+$/, '')
      .slice(0, -1);
  });
  const urlSafe = encoded.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'));
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    ...[...encoded, ...urlSafe].filter((text) => text.length >= SHORTEST),
  ];
}

/** The words of an error that are kept. */
const MOST_WORDS = 10_000;

/** An error's words as its reader is given them: without secrets, and no more than can be read. */
export function readableWords(words: string): string {
  const clean = withoutSecrets(words);
  return clean.length <= MOST_WORDS ? clean : `${clean.slice(0, MOST_WORDS)}…`;
}

/** The text without them. */
export function withoutSecrets(text: string): string {
  return pattern === undefined ? text : text.replaceAll(pattern, BLOT);
}

/** Words and numbers are no secrets: without them nobody could read what is told. */
function isSecret(value: string): boolean {
  if (value.length < SHORTEST || value.startsWith('-----') || !/[A-Za-z]/.test(value)) return false;
  return value.length >= LONGER_THAN_WORDS || /[^A-Za-z]/.test(value);
}

function passwordsIn(value: string): string[] {
  if (!value.includes('://') || !URL.canParse(value)) return [];
  const { password } = new URL(value);
  return [password, decoded(password)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
