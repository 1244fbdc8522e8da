/** What a session is called: its task, else its graph and the beginning of its id. */
export function titleOf({
  task,
  graphId,
  id,
}: {
  readonly task?: string | null;
  readonly graphId?: string;
  readonly id: string;
}): string {
  return task?.trim() || `${graphId ?? 'Session'} ${id.slice(0, 8)}`;
}
