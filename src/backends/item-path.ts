// A namespace of LangGraph's store as one text: its parts with `.` between them. LangGraph refuses `.` within a part, but the
// parts of what clients name may be ids that have one.
import type { ItemName } from '../session/item-store.ts';

export function pathOf(namespace: readonly string[]): string {
  return namespace.map(encodePart).join('.');
}

export function partsOf(path: string): string[] {
  return path === '' ? [] : path.split('.').map(decodePart);
}

/** Whether a namespace is this one, or within it. */
export function isUnder(path: string, prefix: readonly string[]): boolean {
  const begins = pathOf(prefix);
  return begins === '' || path === begins || path.startsWith(`${begins}.`);
}

/** Between namespace and key in one name; a path has none. */
export const NUL = '\0';

/** One text whose order is that of the names. */
export function nameOf({ namespace, key }: ItemName): string {
  return `${pathOf(namespace)}${NUL}${key}`;
}

export function partsOfName(name: string): ItemName {
  const end = name.indexOf(NUL);
  return { namespace: partsOf(name.slice(0, end)), key: name.slice(end + 1) };
}

function encodePart(part: string): string {
  return part.replaceAll('%', '%25').replaceAll('.', '%2E').replaceAll(NUL, '%00');
}

function decodePart(part: string): string {
  return part.replaceAll('%00', NUL).replaceAll('%2E', '.').replaceAll('%25', '%');
}
