// What a schema refuses, in words.
import { messageFor } from '../errors.ts';

export function describeRefusal(cause: unknown): string {
  const issues = issuesOf(cause);
  if (issues !== undefined) return issues.map(describeIssue).join('; ');
  return messageFor(cause);
}

/** Zod and Standard Schema both list issues with a path; undefined for anything else. */
export function issuesOf(cause: unknown): unknown[] | undefined {
  const isList = typeof cause === 'object' && cause !== null && 'issues' in cause;
  return isList && Array.isArray(cause.issues) ? cause.issues : undefined;
}

export function describeIssue(issue: unknown): string {
  if (typeof issue !== 'object' || issue === null) return String(issue);
  const path = pathOf(issue).join('.');
  const message = 'message' in issue ? String(issue.message) : 'invalid';
  return path === '' ? message : `\`${path}\`: ${message}`;
}

export function pathOf(issue: unknown): string[] {
  const hasPath = typeof issue === 'object' && issue !== null && 'path' in issue;
  return hasPath && Array.isArray(issue.path) ? issue.path.map(pathKey) : [];
}

function pathKey(part: unknown): string {
  return typeof part === 'object' && part !== null && 'key' in part
    ? String(part.key)
    : String(part);
}
