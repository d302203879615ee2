/** The commands of the guide on the audit record, one after the other as they stand there. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readSettings } from '../../packages/engine/src/settings/read.ts';

const page = readFileSync('docs/guides/audit.md', 'utf8');

function blocks(language: string): string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm'))].map(
    ([, code = '']) => code,
  );
}

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'skill-audit-guide-'));
  // A bare component asks for nothing, so nobody has to consent.
  const skill = resolve('skills-wasm/text-stats/dist/text-stats.wasm');
  for (const text of ['a', 'b c']) {
    run(`skill run ${skill} count-text --text '${text}'`);
  }
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

function run(command: string, timeout?: number) {
  const path = [resolve('node_modules/.bin'), process.env['PATH']].join(delimiter);
  const { status, stdout, stderr } = spawnSync('sh', ['-c', `exec ${command}`], {
    encoding: 'utf8',
    cwd: home,
    env: { ...process.env, PATH: path, SKILL_ENGINE_HOME: join(home, 'state') },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout,
    killSignal: 'SIGINT',
  });
  return { status, stdout, stderr };
}

/** What differs from store to store. */
function filled(command: string): string {
  const [record] = JSON.parse(run('skill history --json').stdout) as { execution_id: string }[];
  const [, head = ''] = /^head (\S+)$/m.exec(run('skill audit verify').stdout) ?? [];
  return command.replace(/\bID\b/, record!.execution_id).replace('SEQ:HASH', head);
}

it('its commands do what it says', () => {
  const commands = blocks('sh')
    .flatMap((block) => block.trim().split('\n'))
    .map((line) => line.replace(/ +# .*$/, ''));
  expect(commands.length).toBeGreaterThan(14);
  for (const command of commands) {
    expect(command).toMatch(/^skill /);
    const follows = command.includes('--follow');
    const needs = /\bID\b|SEQ:HASH/.test(command);
    const { status, stdout, stderr } = run(
      needs ? filled(command) : command,
      follows ? 2500 : undefined,
    );
    expect({ command, stderr, status }).toEqual({ command, stderr, status: follows ? 130 : 0 });
    if (command === 'skill audit verify')
      expect(stdout).toContain('the record holds: 2 invocations');
    if (command.includes('--dry-run'))
      expect(stdout).toBe('would remove 0 invocations (0 entries)\n');
    if (command.includes('copy.sqlite') && command.includes('history')) {
      expect(stdout.trim().split('\n')).toHaveLength(3);
    }
  }
});

it('its configuration is one', () => {
  const [toml = ''] = blocks('toml');
  const values = readSettings(toml, { file: 'config.toml' });
  expect([...values.keys()]).toEqual(['audit.retention.max_age', 'audit.retention.max_bytes']);
});
