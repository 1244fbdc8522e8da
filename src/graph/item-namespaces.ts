// Namespaces of LangGraph's store that match what they must begin or end with.

export interface NamespaceMatch {
  readonly matchType: 'prefix' | 'suffix';
  /** `*` stands for any one part. */
  readonly path: readonly string[];
}

/** Those that match all of the conditions, cut to `maxDepth` parts, each once. */
export function pickNamespaces(
  all: readonly (readonly string[])[],
  conditions: readonly NamespaceMatch[],
  maxDepth: number | undefined,
): readonly (readonly string[])[] {
  const matching = all.filter((namespace) =>
    conditions.every((condition) => isMatch(condition, namespace)),
  );
  const cut = matching.map((namespace) => namespace.slice(0, maxDepth));
  return [...new Map(cut.map((namespace) => [JSON.stringify(namespace), namespace])).values()];
}

function isMatch({ matchType, path }: NamespaceMatch, namespace: readonly string[]): boolean {
  if (path.length > namespace.length) return false;
  const first = matchType === 'prefix' ? 0 : namespace.length - path.length;
  return path.every((part, n) => part === '*' || part === namespace[first + n]);
}
