// Lines that look as if they held a secret. Only the kind is ever told: a report is read by more people than the file.

const KEYS: readonly (readonly [kind: string, pattern: RegExp])[] = [
  ['a private key', /-----BEGIN (?:[A-Z0-9]{1,16} ){0,3}PRIVATE KEY(?: BLOCK)?-----/],
  ['an AWS access key id', /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/],
  ['a GitHub token', /\b(?:gh[opsur]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{40})/],
  ['a Slack token', /\bxox[abprs]-[A-Za-z0-9-]{10}/],
];

// The name may be quoted (JSON), part of a longer one (DB_PASSWORD), or followed by a type (`password: string = "…"`).
const ASSIGNMENT =
  /(?:password|passwd|passphrase|secret|api_?-?key|access_?-?key|private_?-?key|access_?-?token|auth_?-?token)["']?\s{0,8}(?::\s{0,8}\w{1,32}\s{0,8})?(?::=|=>|[:=])\s{0,8}(?:"([^"]{4,256})"|'([^']{4,256})'|`([^`]{4,256})`)/i;

// What stands for a value that is filled in elsewhere: ${NAME}, {{ name }}, <name>, %NAME%, ****.
const PLACEHOLDER = /\$\{|\$\(|\{\{|^<.*>$|^%.*%$|^[*.x]+$/i;

/** What kind of secret the line seems to hold, or undefined. */
export function secretIn(line: string): string | undefined {
  const key = KEYS.find(([, pattern]) => pattern.test(line));
  if (key !== undefined) return key[0];
  const assigned = ASSIGNMENT.exec(line);
  const value = assigned?.[1] ?? assigned?.[2] ?? assigned?.[3];
  return value === undefined || PLACEHOLDER.test(value)
    ? undefined
    : 'a value assigned to a secret name';
}
