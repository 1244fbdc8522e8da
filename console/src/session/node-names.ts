/** `audit ×3, draft`, in the order in which they first stand there. */
export function counted(nodes: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const node of nodes) counts.set(node, (counts.get(node) ?? 0) + 1);
  return [...counts].map(([node, count]) => (count === 1 ? node : `${node} ×${count}`)).join(', ');
}

/**
 * The names of the subgraphs around a namespace, without the ids of their tasks, and without the numbers that LangGraph
 * gives to several calls of one.
 */
export function subgraphsIn(namespace: string): string[] {
  return namespace
    .split('|')
    .map((part) => part.replace(/:.*$/s, ''))
    .filter((name) => name !== '' && !/^\d+$/.test(name));
}
