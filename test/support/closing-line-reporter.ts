// Ends a run with one plain line that says how it went.
import type { Reporter, TestModule } from 'vitest/node';

export default class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const states = modules.flatMap((module) => {
      const tests = [...module.children.allTests()].map((test) => test.result().state);
      // A file or a hook may fail without a test that does.
      return module.state() === 'failed' && !tests.includes('failed')
        ? [...tests, 'failed']
        : tests;
    });
    const count = (state: string) => states.filter((each) => each === state).length;
    const skipped = count('skipped') + count('pending');
    const tail = skipped > 0 ? `, ${skipped} skipped` : '';
    process.stdout.write(`${count('passed')} passed, ${count('failed')} failed${tail}\n`);
  }
}
