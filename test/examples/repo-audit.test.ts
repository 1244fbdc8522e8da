import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, MemorySaver } from '@langchain/langgraph';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { graph } from '../../examples/repo-audit/graph.ts';
import { type SourceTree, openSourceTree } from './source-tree.ts';

// Put together here, so that no search for secrets stops at this file.
const PASSWORD = 'correct-horse-battery';
const AWS_KEY = `AKIA${'ABCDEFGH'.repeat(2)}`;
const PRIVATE_KEY = ['-----BEGIN RSA', 'PRIVATE KEY-----'].join(' ');

const FIXTURE = {
  'README.md': [
    '# Fixture',
    '[good](src/main.ts#top) [gone](docs/gone.md) [web](https://example.com/x) [out](../../etc/passwd)',
    '`[code](nowhere.md)`',
    '[also gone]: ./missing.png',
  ].join('\n'),
  'src/main.ts': [
    'debugger;',
    'console.log("left");',
    '// console.log("in a comment");',
    '// TODO: name it',
    'const TODO = 1;',
    `const wide = "${'x'.repeat(160)}";`,
  ].join('\n'),
  'src/long.py': 'x = 1\n'.repeat(601),
  'src/config.json': `{"db_password": "${PASSWORD}", "api_key": "\${API_KEY}"}`,
  'src/keys.env': `${AWS_KEY}\n${PRIVATE_KEY}\n# FIXME remove ${AWS_KEY}\n`,
  'src/merge.c': '<<<<<<< ours\nint a;\n=======\nint b;\n>>>>>>> theirs\n',
  'test/main.test.ts': 'describe.only("x", () => {});\nconsole.log("fine in a test");\n',
  'test/binary.dat': new Uint8Array([1, 0, 2]),
  'test/large.txt': 'x'.repeat(1024 * 1024 + 1),
  'node_modules/dep/index.js': 'debugger;',
  'src/dist/out.js': 'debugger;',
};

interface Question {
  readonly question: string;
  readonly report: string;
  readonly folders: readonly string[];
}

interface Outcome {
  readonly report?: string;
  readonly __interrupt__?: readonly { readonly value?: Question }[];
}

/** One session with the audit. */
function openAudit() {
  const compiled = graph.builder.compile({ checkpointer: new MemorySaver() });
  const config = { configurable: { thread_id: 'audit' } };
  return {
    start: async (input: object): Promise<Outcome> => compiled.invoke(input, config),
    answer: async (resume: unknown): Promise<Outcome> =>
      compiled.invoke(new Command({ resume }), config),
    watch: async (input: object): Promise<unknown[]> =>
      Array.fromAsync(await compiled.stream(input, { ...config, streamMode: 'custom' })),
    state: async () => (await compiled.getState(config)).values,
  };
}

function questionOf(outcome: Outcome): Question {
  const value = outcome.__interrupt__?.[0]?.value;
  if (value === undefined) throw new Error('The audit asks nothing.');
  return value;
}

let tree: SourceTree;

beforeEach(async () => {
  tree = await openSourceTree(FIXTURE);
  vi.stubEnv('AUDIT_ROOT', tree.path);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await tree[Symbol.asyncDispose]();
});

describe('the report', () => {
  test('names file and line of what each rule finds', async () => {
    const { report } = questionOf(await openAudit().start({ path: tree.path, task: 'look\nhere' }));
    expect(report.slice(0, report.indexOf('## Languages'))).toBe(
      [
        '# Repository audit: look here',
        '',
        '7 files, 622 lines and 4298 bytes in 3 folders; 15 findings.',
        'Not read: 1 binary, 1 over 1 MiB.',
        '',
        '## Findings',
        '',
        '### Likely secrets (4)',
        '',
        '- `src/config.json:1` `a value assigned to a secret name`',
        '- `src/keys.env:1` `an AWS access key id`',
        '- `src/keys.env:2` `a private key`',
        '- `src/keys.env:3` `an AWS access key id`',
        '',
        '### Merge-conflict markers (2)',
        '',
        '- `src/merge.c:1` `<<<<<<<`',
        '- `src/merge.c:5` `>>>>>>>`',
        '',
        '### Tests narrowed by `.only` (1)',
        '',
        '- `test/main.test.ts:1` `describe.only`',
        '',
        '### Debugging left in JavaScript and TypeScript (2)',
        '',
        '- `src/main.ts:1` `debugger`',
        '- `src/main.ts:2` `console.log`',
        '',
        '### Broken relative links in Markdown (2)',
        '',
        '- `README.md:2` `docs/gone.md`',
        '- `README.md:4` `./missing.png`',
        '',
        '### Files over 600 lines (1)',
        '',
        '- `src/long.py:601` `601 lines`',
        '',
        '### Lines over 160 characters (1)',
        '',
        '- `src/main.ts:6` `176 characters`',
        '',
        '### TODO and FIXME comments (2)',
        '',
        '- `src/keys.env:3` `(not shown: the line seems to hold a secret)`',
        '- `src/main.ts:4` `TODO: name it`',
        '',
        '',
      ].join('\n'),
    );
  });

  test('counts files, lines and bytes by language and by folder', async () => {
    const { report } = questionOf(await openAudit().start({ path: tree.path }));
    expect(report).toContain('| `Python` | 1 | 601 | 3606 |');
    expect(report).toContain('| `TypeScript` | 2 |');
    expect(report).toContain('| `.` | 1 | 4 | 155 |');
    expect(report).toContain('| `test` | 1 | 2 | 61 |');
  });

  test('prints no secret and no absolute path', async () => {
    const audit = openAudit();
    const { report } = questionOf(await audit.start({ path: tree.path }));
    const state = JSON.stringify({ ...(await audit.state()), path: '' });
    for (const hidden of [PASSWORD, AWS_KEY, tree.path]) {
      expect(report).not.toContain(hidden);
      expect(state).not.toContain(hidden);
    }
  });

  test('is the same, byte for byte, for the same tree in another place', async () => {
    await using twin = await openSourceTree(
      Object.fromEntries(Object.entries(FIXTURE).toReversed()),
    );
    const first = questionOf(await openAudit().start({ path: tree.path }));
    vi.stubEnv('AUDIT_ROOT', twin.path);
    const second = questionOf(await openAudit().start({ path: twin.path }));
    expect(second.report).toBe(first.report);
  });

  test('lists fifty findings of a rule and folder, and counts the rest', async () => {
    await using noisy = await openSourceTree({
      'a/a.sh': '# TODO\n'.repeat(40),
      'a/b.sh': '# TODO\n'.repeat(40),
    });
    vi.stubEnv('AUDIT_ROOT', noisy.path);
    const { report } = questionOf(await openAudit().start({ path: noisy.path }));
    expect(report).toContain('### TODO and FIXME comments (80)');
    expect(report.match(/^- `a\//gm)).toHaveLength(50);
    expect(report).toContain('- and 30 more in `a`');
  });

  test('keeps a file name with markup in it as plain text', async () => {
    await using odd = await openSourceTree({ 'a/x`|**y\n# z.js': 'debugger;' });
    vi.stubEnv('AUDIT_ROOT', odd.path);
    const { report } = questionOf(await openAudit().start({ path: odd.path }));
    expect(report).toContain('- `` a/x`|**y\u{FFFD}# z.js:1 `` `debugger`');
  });
});

describe('the path', () => {
  test('is the current directory where none is given', async () => {
    const previous = process.cwd();
    vi.stubEnv('AUDIT_ROOT', undefined);
    process.chdir(join(tree.path, 'src'));
    try {
      expect(questionOf(await openAudit().start({ task: 'here' })).report).toContain('`main.ts:1`');
    } finally {
      process.chdir(previous);
    }
  });

  test.each(['..', '/', '../no-such-directory'])(
    'outside of AUDIT_ROOT is refused: %s',
    async (way) => {
      const path = way === '/' ? way : join(tree.path, way);
      await expect(openAudit().start({ path })).rejects.toThrow(
        /`path`: .* is outside of AUDIT_ROOT/,
      );
    },
  );

  test('of a sibling whose name begins like AUDIT_ROOT is refused', async () => {
    vi.stubEnv('AUDIT_ROOT', join(tree.path, 'src'));
    await expect(openAudit().start({ path: `${tree.path}/src2` })).rejects.toThrow(
      'outside of AUDIT_ROOT',
    );
  });

  test('that leads out of AUDIT_ROOT by a link is refused', async () => {
    await using outside = await openSourceTree({ 'secret.txt': 'hidden' });
    await symlink(outside.path, join(tree.path, 'way-out'));
    await expect(openAudit().start({ path: join(tree.path, 'way-out') })).rejects.toThrow(
      'outside of AUDIT_ROOT',
    );
  });

  test('that is no directory is refused by name', async () => {
    const file = openAudit().start({ path: join(tree.path, 'README.md') });
    await expect(file).rejects.toThrow(/`path`: .* is not a directory/);
    const missing = openAudit().start({ path: join(tree.path, 'gone') });
    await expect(missing).rejects.toThrow(/`path`: there is no directory/);
  });

  test('of a wrong type is refused with the name of the field', async () => {
    await expect(openAudit().start({ path: 7 })).rejects.toMatchObject({
      issues: [{ path: ['path'] }],
    });
  });

  test('may hold links: none is followed', async () => {
    await using outside = await openSourceTree({ 'a.js': 'debugger;' });
    await symlink(outside.path, join(tree.path, 'linked-folder'));
    await symlink(join(outside.path, 'a.js'), join(tree.path, 'src', 'linked.js'));
    await symlink(tree.path, join(tree.path, 'src', 'circle'));
    const { report } = questionOf(await openAudit().start({ path: tree.path }));
    expect(report).toContain('Not read: 1 binary, 1 over 1 MiB, 3 linked.');
    for (const name of ['linked-folder', 'linked.js', 'circle']) {
      expect(report).not.toContain(name);
    }
  });
});

describe('the review', () => {
  test('shows the draft and its folders, and publishes nothing yet', async () => {
    const outcome = await openAudit().start({ path: tree.path });
    expect(questionOf(outcome)).toMatchObject({
      question: expect.stringContaining('"approve": true'),
      folders: ['.', 'src', 'test'],
    });
    expect(outcome.report).toBe('');
  });

  test.each([{ approve: true }, true, 'yes', ' Yes '])('publishes on %j', async (answer) => {
    const audit = openAudit();
    const { report } = questionOf(await audit.start({ path: tree.path }));
    const outcome = await audit.answer(answer);
    expect(outcome.__interrupt__).toBeUndefined();
    expect(outcome.report).toBe(report);
  });

  test('audits again without the folders it is told to leave out', async () => {
    const audit = openAudit();
    await audit.start({ path: tree.path });
    const second = questionOf(await audit.answer({ exclude: ['src/'] }));
    expect(second.folders).toEqual(['.', 'test']);
    expect(second.report).toContain('Left out: `src`.');
    expect(second.report).not.toContain('src/main.ts');
    const third = questionOf(await audit.answer({ exclude: ['test'] }));
    expect(third.folders).toEqual(['.']);
    expect((await audit.answer(true)).report).toBe(third.report);
  });

  test('tells in the next question which folders are unknown', async () => {
    const audit = openAudit();
    await audit.start({ path: tree.path });
    const next = questionOf(await audit.answer({ exclude: ['scr', 'test'] }));
    expect(next.question).toContain('There is no folder "scr" to leave out.');
    expect(next.folders).toEqual(['.', 'src']);
    expect(questionOf(await audit.answer({ exclude: ['src'] })).question).not.toContain('scr');
  });

  test('comes to a report even when every folder is left out', async () => {
    const audit = openAudit();
    await audit.start({ path: tree.path });
    const { report } = questionOf(await audit.answer({ exclude: ['.', 'src', 'test'] }));
    expect(report).toContain('0 files, 0 lines and 0 bytes in 0 folders; 0 findings.');
  });

  test.each([
    false,
    'no',
    0,
    {},
    { approve: false },
    { exclude: [] },
    { exclude: 'src' },
    { approve: true, exclude: ['src'] },
  ])('asks again on %j and says what is understood', async (answer) => {
    const audit = openAudit();
    const first = questionOf(await audit.start({ path: tree.path }));
    const second = questionOf(await audit.answer(answer));
    expect(second.question).toMatch(
      /^That answer was not understood\. .*"approve": true.*"exclude"/,
    );
    expect(second.report).toBe(first.report);
    expect((await audit.answer(true)).report).toBe(first.report);
  });

  test('takes nothing over from an earlier audit of the session', async () => {
    const audit = openAudit();
    const first = questionOf(await audit.start({ path: tree.path, task: 'one' }));
    await audit.answer({ exclude: ['src'] });
    await audit.answer('what?');
    const again = questionOf(await audit.start({ path: tree.path, task: 'one' }));
    expect(again).toEqual(first);
  });
});

describe('a tree of 10,000 files', () => {
  test(
    'is audited well under a minute, with progress and a small state',
    { timeout: 60_000 },
    async () => {
      await using large = await openSourceTree(manyFiles(10_000));
      vi.stubEnv('AUDIT_ROOT', large.path);
      const audit = openAudit();
      const begin = performance.now();
      const progress = await audit.watch({ path: large.path });
      const took = performance.now() - begin;
      process.stdout.write(`10,000 files audited in ${Math.round(took)} ms\n`);
      expect(took).toBeLessThan(30_000);
      expect(progress).toHaveLength(100);
      expect(progress).toContainEqual({ folder: 'part-0', done: 100, total: 1000 });
      for (let part = 0; part < 10; part += 1) {
        expect(progress).toContainEqual({ folder: `part-${part}`, done: 1000, total: 1000 });
      }
      expect(JSON.stringify(await audit.state()).length).toBeLessThan(200_000);
    },
  );
});

function manyFiles(count: number): Record<string, string> {
  const text = `${'const a = 1;\n'.repeat(50)}// TODO: more\nconsole.log(a);\n`;
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `part-${index % 10}/sub-${index % 70}/file-${index}.ts`,
      text,
    ]),
  );
}
