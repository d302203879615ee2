/** A skill whose every text drives a terminal: nothing that `skill` prints obeys it. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../packages/cli/src/main.ts';
import { buildGuest } from '../guests/build.ts';
import { probe } from '../guests/probe.ts';
import { FakeShell } from './fake-shell.ts';

/** Escape, bell, C1's CSI, a carriage return, an override of direction, a line separator, a zero-width space. */
const drive = '\u001b[2J\u001b]0;x\u0007\u009b1m\r\u202e\u2028\u200b';
const toml = JSON.stringify(drive).replaceAll(
  /[\u007f-\uffff]/g,
  (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
);
const inText = toml.slice(1, -1);
const unsafe = /[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]--[\n\t]]/v;

/** What `node:readline` itself writes around a question: to a column, and erase from there. */
const prompt = new RegExp(String.raw`\u{1b}\[(?:\d+G|0J)`, 'gu');

let home: string;
let skill: string;
let before: string | undefined;
beforeAll(async () => {
  before = process.env['SKILL_ENGINE_HOME'];
  home = mkdtempSync(join(tmpdir(), 'skill-hostile-'));
  process.env['SKILL_ENGINE_HOME'] = join(home, 'state');
  skill = join(home, `folder ${drive}`);
  mkdirSync(join(skill, 'data'), { recursive: true });
  copyFileSync(await buildGuest('probe'), join(skill, 'component.wasm'));
  writeFileSync(
    join(skill, 'skill.toml'),
    `[skill]
name = "hostile"
version = "1.0.0"
description = "d ${inText}"
component = "./component.wasm"
[skill.capabilities]
filesystem = ["read:./data"]
[skill.tools.eval]
description = "t ${inText}"
schema = { type = "object", title = "s ${inText}", properties = { code = { description = "p ${inText}" } } }
`,
  );
});
afterAll(() => {
  if (before === undefined) delete process.env['SKILL_ENGINE_HOME'];
  else process.env['SKILL_ENGINE_HOME'] = before;
  rmSync(home, { recursive: true });
});

async function told(
  args: readonly string[],
  input = '',
): Promise<{ text: string; code: number; shell: FakeShell }> {
  const shell = new FakeShell({ terminal: true, input });
  const code = await main(args, shell);
  const all = shell.stdout.text + shell.stderr.text;
  return { text: all.replaceAll(prompt, ''), code, shell };
}

const code = (body: string) =>
  JSON.stringify(probe(body.replaceAll('DRIVE', JSON.stringify(drive))));

describe('AUD-01 on a terminal', () => {
  it.each<[string, () => readonly string[]]>([
    ['list', () => ['list', home]],
    ['list --json', () => ['list', home, '--json']],
    ['inspect', () => ['inspect', skill]],
    ['inspect --json', () => ['inspect', skill, '--json']],
    ['an unknown flag', () => ['run', skill, 'eval', `--${drive}`]],
    ['an unknown verb', () => [drive]],
    ['a skill that is not there', () => ['run', `${skill}${drive}`]],
    ['a skill that is not there, as JSON', () => ['run', `${skill}${drive}`, '--json']],
    ['a folder that is not there', () => ['list', join(home, drive)]],
    ['a manifest that is none', () => ['inspect', join(skill, 'skill.toml'), '--manifest', drive]],
    ['a file of parameters', () => ['run', skill, 'eval', '--params', `@${drive}`]],
    ['parameters that are none', () => ['run', skill, 'eval', '--params', drive]],
    ['a user', () => ['history', '--user', drive]],
    ['an id', () => ['history', 'show', drive]],
    ['a wrong digest', () => ['run', skill, '--accept', drive]],
    ['consent', () => ['run', skill, 'eval', '--params', code('return 1')]],
  ])('%s', async (_, args) => {
    const { text } = await told(args());
    expect(text).not.toBe('');
    expect(unsafe.exec(text)?.[0]).toBeUndefined();
  });

  it('a guest: its result, output, errors, denials and history', async () => {
    const consent = await told(['run', skill, 'eval', '--params', code('return 1')], 'I accept\n');
    expect(consent.code).toBe(0);
    const write =
      'const out = wasi.cli.stdout.getStdout(); out.blockingWriteAndFlush(utf8.encode(DRIVE));';
    const openFile = `const [[dir]] = wasi.filesystem.preopens.getDirectories();
      dir.openAt({}, '../' + DRIVE, {}, { read: true });`;
    for (const body of [
      'return DRIVE',
      `${write} return { [DRIVE]: [DRIVE] }`,
      'throw new Error(DRIVE)',
      openFile,
    ]) {
      const { text } = await told(['run', skill, 'eval', '--params', code(body), '--user', drive]);
      expect(text).not.toBe('');
      expect(unsafe.exec(text)?.[0]).toBeUndefined();
    }
    const { text: json } = await told([
      'run',
      skill,
      'eval',
      '--json',
      '--params',
      code(`${write} throw new Error(DRIVE)`),
    ]);
    expect(unsafe.exec(json)?.[0]).toBeUndefined();
    for (const format of ['table', 'json', 'jsonl', 'csv']) {
      const { text, shell } = await told(['history', '--format', format]);
      // CSV ends its lines as RFC 4180 says.
      expect(unsafe.exec(text.replaceAll('\r\n', '\n'))?.[0]).toBeUndefined();
      expect(shell.stdout.text).toContain('hostile');
    }
    const { shell } = await told(['history', '--json']);
    for (const { execution_id } of JSON.parse(shell.stdout.text) as { execution_id: string }[]) {
      const { text } = await told(['history', 'show', execution_id]);
      expect(unsafe.exec(text)?.[0]).toBeUndefined();
    }
  });
});

describe('--json prints one object on standard output, whatever goes wrong', () => {
  it.each<[string, () => readonly string[]]>([
    ['no skill', () => ['run', '/nowhere', '--json']],
    ['no argument', () => ['run', '--json']],
    ['no consent', () => ['run', skill, 'eval', '--json', '--accept', '00']],
    ['an unknown tool', () => ['run', skill, 'nothing', '--json']],
    ['refused parameters', () => ['run', skill, 'eval', '--json', '--params', '[]']],
    [
      'a guest that prints JSON itself',
      () => [
        'run',
        skill,
        'eval',
        '--json',
        '--params',
        code(
          `const out = wasi.cli.stdout.getStdout(); out.blockingWriteAndFlush(utf8.encode('{"ok":true}\\n')); return 1`,
        ),
      ],
    ],
    ['inspect of nothing', () => ['inspect', '/nowhere', '--json']],
    ['list of nothing', () => ['list', '/nowhere', '--json']],
    ['history with a wrong flag', () => ['history', '--json', '--limit', 'x']],
    ['history show of nothing', () => ['history', 'show', 'x', '--json']],
  ])('%s', async (_, args) => {
    const shell = new FakeShell();
    await main(args(), shell);
    const lines = shell.stdout.text.trimEnd().split('\n');
    expect(lines).toHaveLength(1);
    expect(typeof JSON.parse(lines[0]!)).toBe('object');
  });
});

describe('files that are not what they seem', () => {
  it('a component that is a link to a device, and a schema that is one, are refused', async () => {
    const folder = join(home, 'devices');
    mkdirSync(folder);
    symlinkSync('/dev/zero', join(folder, 'c.wasm'));
    writeFileSync(join(folder, 'skill.toml'), '[skill]\nname = "d"\ncomponent = "./c.wasm"\n');
    expect((await told(['run', folder])).text).toContain('COMPONENT_NOT_FOUND');
    copyFileSync(await buildGuest('answer'), join(folder, 'a.wasm'));
    symlinkSync('/dev/zero', join(folder, 's.json'));
    writeFileSync(
      join(folder, 'skill.toml'),
      '[skill]\nname = "d"\ncomponent = "./a.wasm"\n[skill.tools.run]\nschema = "./s.json"\n',
    );
    expect((await told(['run', folder])).text).toContain('SCHEMA_INVALID');
  });
});
