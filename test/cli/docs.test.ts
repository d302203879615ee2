/** The examples of docs/reference/cli.md, run one after the other as they stand there. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { errorCodes } from '@skill-engine/engine';
import { flags as build } from '../../packages/cli/src/commands/build.ts';
import { flags as dev } from '../../packages/cli/src/commands/dev.ts';
import { flags as config } from '../../packages/cli/src/commands/config.ts';
import { flags as audit } from '../../packages/cli/src/commands/audit.ts';
import { flags as history } from '../../packages/cli/src/commands/history.ts';
import { flags as import_ } from '../../packages/cli/src/commands/import.ts';
import { flags as inspect } from '../../packages/cli/src/commands/inspect.ts';
import { flags as install } from '../../packages/cli/src/commands/install.ts';
import { flags as lint } from '../../packages/cli/src/commands/lint.ts';
import { flags as list } from '../../packages/cli/src/commands/list.ts';
import { flags as remove } from '../../packages/cli/src/commands/remove.ts';
import { flags as newSkill } from '../../packages/cli/src/commands/new.ts';
import { flags as run } from '../../packages/cli/src/commands/run.ts';
import { flags as stats } from '../../packages/cli/src/commands/stats.ts';
import { flags as serve } from '../../packages/cli/src/commands/serve.ts';
import { flags as sign } from '../../packages/cli/src/commands/sign.ts';
import { flags as test_ } from '../../packages/cli/src/commands/test.ts';
import { flags as describe_ } from '../../packages/cli/src/commands/describe.ts';
import { flags as types } from '../../packages/cli/src/commands/types.ts';
import { flags as trust } from '../../packages/cli/src/commands/trust.ts';
import { flags as update } from '../../packages/cli/src/commands/update.ts';
import { verbs } from '../../packages/cli/src/help.ts';
import { signalExits, PIPE_EXIT } from '../../packages/cli/src/shell.ts';
import { compileCache, root } from './skill.ts';

const page = readFileSync(join(root, 'docs/reference/cli.md'), 'utf8');
const home = mkdtempSync(join(tmpdir(), 'skill-docs-'));

beforeAll(() => {
  symlinkSync(process.execPath, join(home, 'node'));
  symlinkSync(join(root, 'packages/cli/bin/skill.js'), join(home, 'skill'));
});

afterAll(() => rmSync(home, { recursive: true }));

interface Example {
  readonly command: string;
  readonly exit: number;
  readonly output: readonly string[];
}

/** Blocks of commands: `$ command # exit code`, then what it prints. */
function examplesOf(block: string): Example[] {
  return block
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [first = '', ...output] = part.trimEnd().split('\n');
      const [, command = '', exit = '0'] = /^(.*?)(?: # (\d+))?$/.exec(first) ?? [];
      return { command, exit: Number(exit), output };
    });
}

const blocks = [...page.matchAll(/^```console\n(.*?)^```/gms)].map((match) => match[1] ?? '');

/** `<…>` and `...` of the page stand for what differs from run to run. */
function pattern(line: string): RegExp {
  const parts: Readonly<Record<string, string>> = {
    '<id>': '[0-9a-f-]{36}',
    '<prefix>': '[0-9a-f]{8}',
    '<digest>': '[0-9a-f]{64}',
    '<cost>': '[^)]+',
    '<time>': '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z',
    '...': '[^]*',
  };
  const source = line
    .split(/(<\w+>|\.\.\.)/)
    .map((part) => parts[part] ?? part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${source.join('')}$`);
}

test('the examples print what the page says', () => {
  expect(blocks.length).toBeGreaterThanOrEqual(6);
  for (const block of blocks) {
    const examples = examplesOf(block);
    const script = examples.map(({ command }) => `${command}\necho "@@ $?"`).join('\n');
    const { stdout } = spawnSync('sh', ['-c', `exec 2>&1\n${script}`], {
      cwd: root,
      encoding: 'utf8',
      env: {
        PATH: [home, process.env['PATH']].join(delimiter),
        ...compileCache,
        SKILL_ENGINE_HOME: join(home, 'state'),
      },
    });
    const ended = [...stdout.matchAll(/([^]*?)@@ (\d+)\n/g)];
    const seen = ended.map((match) => ({ output: match[1] ?? '', exit: Number(match[2]) }));
    expect(seen).toHaveLength(examples.length);
    for (const [index, { command, exit, output }] of examples.entries()) {
      const shown = seen[index]!;
      expect({ command, exit: shown.exit, output: shown.output }).toEqual({
        command,
        exit,
        output: expect.stringMatching(pattern(output.map((line) => `${line}\n`).join(''))),
      });
    }
  }
});

test('the page and the help name every verb and every flag', () => {
  for (const [verb, flags] of Object.entries({
    run,
    test: test_,
    list,
    inspect,
    import: import_,
    describe: describe_,
    types,
    lint,
    install,
    update,
    remove,
    trust,
    serve,
    sign,
    config,
    history,
    stats,
    audit,
    new: newSkill,
    build,
    dev,
  })) {
    expect(page).toContain(`## ${verb}\n`);
    for (const flag of Object.keys(flags)) {
      expect(page, verb).toContain(`--${flag}`);
      expect(verbs[verb as keyof typeof verbs].help, verb).toContain(`--${flag}`);
    }
  }
});

test('the page names every exit code', () => {
  const codes = [
    ...Object.values(errorCodes).map(({ exit }) => exit),
    ...Object.values(signalExits),
    PIPE_EXIT,
  ];
  const [, table = ''] = /## Exit codes\n([^]*?)\n## /.exec(page) ?? [];
  for (const code of new Set(codes)) expect(table).toMatch(new RegExp(`\\b${code}\\b`));
});
