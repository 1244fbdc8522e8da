// A namespace of LangGraph's store as one text. LangGraph refuses `.` within a part.
export function pathOf(namespace: readonly string[]): string {
  return namespace.join('.');
}

export function partsOf(path: string): string[] {
  return path === '' ? [] : path.split('.');
}

/** Whether a namespace is this one, or within it. */
export function isUnder(path: string, prefix: readonly string[]): boolean {
  const begins = pathOf(prefix);
  return begins === '' || path === begins || path.startsWith(`${begins}.`);
}
