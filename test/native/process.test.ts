/** The process group: bounded, and ended with all that belongs to it. */
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { open, Place } from './native.ts';

let place: Place;
beforeAll(() => {
  place = new Place();
});
afterAll(() => place.remove());

const isLinux = process.platform === 'linux';
const grant = '[skills.capabilities]\nfilesystem = ["write:../data"]';

/** Processes with this text in their command line. */
function running(text: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(text);
      } catch {
        return false;
      }
    });
}

/** A number of seconds that no other process sleeps. */
const newMark = (): string => `61.${randomInt(10 ** 12)}`;

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(10);
}

/** Starts, waits until the command says that it runs, aborts, and tells how it ended. */
async function aborted(name: string, script: string) {
  const ready = join(place.data, `${name}.ready`);
  place.command(name, script.replaceAll('READY', `touch '${ready}'`));
  const { run } = await open(place, { commands: [name], more: grant });
  const controller = new AbortController();
  const running = run({}, { signal: controller.signal });
  await until(() => existsSync(ready));
  controller.abort();
  return running;
}

describe.runIf(isLinux)('when its time is up, nothing is left', () => {
  it.each([
    ['of a command', 'READY; exec sleep MARK'],
    ['of one that ignores SIGTERM', "trap '' TERM HUP; READY; while :; do sleep MARK; done"],
    ['of its children', 'sleep MARK & READY; wait'],
    ['of its grandchildren', "sh -c 'sleep MARK & sleep MARK' & READY; wait"],
    [
      'of what ignores SIGTERM below it',
      'sh -c "trap \'\' TERM; sleep MARK; sleep MARK" & READY; wait',
    ],
    ['of what left its session', "setsid sh -c 'sleep MARK & sleep MARK' & READY; wait"],
    ['of what left its session, twice over', 'setsid setsid -f sleep MARK; READY; sleep MARK'],
    [
      'of what cleared its environment in a group of its own',
      "bash -mc 'env -i sleep MARK & wait' & READY; wait",
    ],
    ['of what cleared its environment', 'env -i sleep MARK & READY; wait'],
  ])('%s', async (title, script) => {
    const mark = newMark();
    const name = title.replaceAll(/\W/g, '-');
    const { answer } = await aborted(name, script.replaceAll('MARK', mark));
    expect('error' in answer || ('exitCode' in answer && answer.exitCode !== 0)).toBe(true);
    expect(running(mark)).toEqual([]);
  });

  it('and what a signal ended is told', async () => {
    place.command('kills-itself', 'kill -USR1 $$');
    const { run } = await open(place, { commands: ['kills-itself'] });
    expect((await run({})).answer).toMatchObject({
      error: { code: 'TOOL_FAILED', details: { signal: 'SIGUSR1' } },
    });
  });
});

describe.runIf(isLinux)('when it ends, nothing is left', () => {
  it.each([
    ['of its children', 'sleep MARK & exit 0'],
    ['of what left its session', 'setsid -f sleep MARK; exit 0'],
    ['of what holds its output', 'setsid -f sleep MARK 2>&1; echo done; exit 0'],
  ])('%s', async (title, script) => {
    const name = `ends-${title.replaceAll(/\W/g, '-')}`;
    const mark = newMark();
    place.command(name, script.replaceAll('MARK', mark));
    const { run } = await open(place, { commands: [name] });
    expect((await run({})).answer).toEqual({ exitCode: 0 });
    expect(running(mark)).toEqual([]);
  });
});

it.runIf(isLinux && existsSync('/usr/bin/setpriv'))(
  'a command ends with its engine, also when that is killed',
  async () => {
    const mark = newMark();
    place.command('stays', `exec sleep ${mark}`);
    place.file(
      'skill/skill.toml',
      '[skill]\nname = "n"\nruntime = "native"\n[skill.allowed_commands]\ncommands = ["stays"]\n',
    );
    const program = `import { createEngine } from '@skill-engine/engine';
    import { createNativeRuntime } from '@skill-engine/native';
    const runtimes = [createNativeRuntime({ searchPath: [${JSON.stringify(place.bin)}, '/usr/bin', '/bin'] })];
    const engine = await createEngine({ runtimes, home: ${JSON.stringify(place.data)} });
    await engine.load(${JSON.stringify(place.skill)}, { grant: 'declared' });
    await engine.execute('n', 'run', {});`;
    // What a killed engine cannot remove is removed with the test.
    const env = { ...process.env, TMPDIR: place.root };
    const args = ['--input-type=module', '-e', program];
    const child = spawn(process.execPath, args, { stdio: 'ignore', env });
    await until(() => running(mark).length > 0 && !running(mark).includes(String(child.pid)));
    child.kill('SIGKILL');
    await until(() => running(mark).length === 0);
    expect(running(mark)).toEqual([]);
  },
);

it('does not start when the call was aborted before', async () => {
  const file = join(place.data, 'started');
  place.command('starts', `touch '${file}'`);
  const { run } = await open(place, { commands: ['starts'], more: grant });
  await run({}, { signal: AbortSignal.abort() });
  expect(existsSync(file)).toBe(false);
});

describe('output', () => {
  it.each([
    ['stdout', 'yes MARK'],
    ['stderr', 'yes MARK >&2'],
    ['both', 'while :; do echo MARK; echo MARK >&2; done'],
  ])('of %s is bounded, and its command ended', async (name, script) => {
    const mark = newMark();
    place.command(`floods-${name}`, script.replaceAll('MARK', mark));
    const { run } = await open(place, {
      commands: [`floods-${name}`],
      more: '[skills.resources]\noutput = 1000',
    });
    const { answer, stdout, stderr } = await run({});
    expect(answer).toMatchObject({ error: { code: 'OUTPUT_LIMIT' } });
    expect(stdout.length + stderr.length).toBe(1000);
    if (isLinux) expect(running(mark)).toEqual([]);
  });

  it('is text, and drives no terminal', async () => {
    place.command(
      'prints',
      String.raw`printf '\033[31mred\a\r\n\377\302\233x\tq\n'; printf '\342\200\256' >&2`,
    );
    const { run } = await open(place, { commands: ['prints'] });
    const { stdout, stderr } = await run({});
    expect({ stdout, stderr }).toEqual({
      stdout: '\\u{1b}[31mred\\u{7}\n\ufffd\\u{9b}x\tq\n',
      stderr: '\\u{202e}',
    });
  });

  it('leaves values of the environment as they are, for the engine to find', async () => {
    place.command('tells', 'printf "%s" "<$KEY>"');
    const { run } = await open(place, { commands: ['tells'], more: 'env_allowlist = ["KEY"]' });
    const { stdout } = await run({}, { environment: { KEY: 'a\u001bb\r\nc' } });
    expect(stdout).toBe('<a\u001bb\r\nc>');
  });
});

describe.runIf(isLinux)('limits of the kernel', () => {
  it('stand around it', async () => {
    place.command(
      'limits',
      'ulimit -c; ulimit -f; ulimit -n; ulimit -d; grep NoNewPrivs /proc/self/status',
    );
    const more = '[skills.resources]\ndisk = 1048576\nmemory = "32M"';
    const { run } = await open(place, { commands: ['limits'], more });
    // Blocks of 512 bytes, and kibibytes.
    expect((await run({})).stdout).toBe('0\n2048\n1024\n32768\nNoNewPrivs:\t1\n');
  });

  it('end a command that writes too much', async () => {
    place.command('writes', `exec head -c 100000 /dev/zero > '${join(place.data, 'big')}'`);
    const { run } = await open(place, {
      commands: ['writes'],
      more: `${grant}\n[skills.resources]\ndisk = 1000`,
    });
    expect((await run({})).answer).toMatchObject({ error: { code: 'DISK_LIMIT' } });
  });
});

it('has no terminal, an empty standard input, and need not read what it is given', async () => {
  place.command('reads', 'if [ -t 0 ]; then echo terminal; fi; wc -c');
  place.command('ignores', 'exit 0');
  const { run } = await open(place, { commands: ['reads', 'ignores'] });
  expect((await run({ command: 'reads' })).stdout.trim()).toBe('0');
  expect((await run({ command: 'reads', stdin: 'abc' })).stdout.trim()).toBe('3');
  expect((await run({ command: 'ignores', stdin: 'x'.repeat(1_000_000) })).answer).toEqual({
    exitCode: 0,
  });
});

it('leaves no directory of its own behind', async () => {
  place.command(
    'litters',
    'mkdir "$HOME/d"; touch "$TMPDIR/f"; ln -s / "$HOME/root"; echo "$HOME"',
  );
  const { run } = await open(place, { commands: ['litters'] });
  const { stdout } = await run({});
  expect(existsSync(stdout.trim())).toBe(false);
  expect(existsSync('/etc')).toBe(true);
});
