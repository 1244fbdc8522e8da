// A process of a benchmark, which is asked one thing at a time and answers each with a value.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

export interface Child<Asked> extends Disposable {
  ask<Answer>(asked: Asked): Promise<Answer>;
}

/** @param file a module of this folder that answers by `answerAll` */
export function openChild<Asked extends object>(
  file: string,
  env: Readonly<Record<string, string>> = {},
  execArgv: readonly string[] = [],
): Child<Asked> {
  const child: ChildProcess = fork(`${import.meta.dirname}/${file}`, {
    env: { ...process.env, ...env },
    execArgv: [...execArgv],
  });
  return {
    async ask<Answer>(asked: Asked): Promise<Answer> {
      const settled = new AbortController();
      const { signal } = settled;
      child.send(asked);
      try {
        const ended = once(child, 'exit', { signal }).then(([code, killed]) => {
          throw new Error(`${file} ended: ${String(code ?? killed)}`);
        });
        const [answer] = await Promise.race([once(child, 'message', { signal }), ended]);
        return answer as Answer;
      } finally {
        settled.abort();
      }
    },
    [Symbol.dispose]: () => void child.kill('SIGKILL'),
  };
}

/** Answers what this process is asked. */
export function answerAll(answer: (asked: never) => Promise<unknown>): void {
  process.on('message', (asked) => {
    void answer(asked as never).then((value) => process.send?.(value ?? null));
  });
}

/** What this process holds in memory, in bytes, once what it does not hold is gone. It needs --expose-gc. */
export function heldBytes(): number {
  if (global.gc === undefined) throw new Error('start it with --expose-gc');
  global.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
