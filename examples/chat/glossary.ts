// The words of this gateway, for the agent to look up.

const GLOSSARY: Readonly<Record<string, string>> = {
  answer: 'What a person gives to an interrupt, so that the run goes on.',
  attempt: 'One execution of a run; a run whose process dies is attempted again.',
  checkpoint:
    'The state of a session after a step, stored so that work can go on or branch off from there.',
  cursor: "An event's place in the progress log; a watcher that comes back with it misses nothing.",
  event: "An entry in a session's progress log.",
  fork: 'A new session that begins at a checkpoint of another one.',
  gateway: 'The program that serves sessions over GraphQL.',
  graph: 'A LangGraph program: nodes that work on a state, and edges that say what comes next.',
  interrupt: 'A question by which a graph stops until somebody answers.',
  run: 'One piece of work on a session: from an input, or answers, until it settles.',
  session:
    "A conversation or a task with a graph, with its state and history; its id is LangGraph's thread_id.",
  worker: 'The process that executes runs.',
};

export const WORDS: readonly string[] = Object.keys(GLOSSARY);

/** What a word means here; a plural is found by its singular. */
export function meaningOf(word: string): string | undefined {
  const wanted = word.trim().toLowerCase();
  return [wanted, wanted.replace(/s$/, '')]
    .filter((form) => Object.hasOwn(GLOSSARY, form))
    .map((form) => GLOSSARY[form])[0];
}
