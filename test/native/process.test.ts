/** The process group: bounded, and ended with all that belongs to it. */
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
    ['of a command', 'READY; exec sleep 61.125', '61.125'],
    [
      'of one that ignores SIGTERM',
      "trap '' TERM HUP; READY; while :; do sleep 61.25; done",
      '61.25',
    ],
    ['of its children', 'sleep 61.375 & READY; wait', '61.375'],
    ['of its grandchildren', "sh -c 'sleep 61.4375 & sleep 61.4375' & READY; wait", '61.4375'],
    [
      'of what ignores SIGTERM below it',
      'sh -c "trap \'\' TERM; sleep 61.5; sleep 61.5" & READY; wait',
      '61.5',
    ],
    [
      'of what left its session',
      "setsid sh -c 'sleep 61.625 & sleep 61.625' & READY; wait",
      '61.625',
    ],
    [
      'of what left its session, twice over',
      'setsid setsid -f sleep 61.75; READY; sleep 61.75',
      '61.75',
    ],
    ['of what cleared its environment', 'env -i sleep 61.875 & READY; wait', '61.875'],
  ])('%s', async (title, script, mark) => {
    const { answer } = await aborted(title.replaceAll(/\W/g, '-'), script);
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
    ['of its children', 'sleep 62.125 & exit 0', '62.125'],
    ['of what left its session', 'setsid -f sleep 62.25; exit 0', '62.25'],
    ['of what holds its output', 'setsid -f sleep 62.375 2>&1; echo done; exit 0', '62.375'],
  ])('%s', async (title, script, mark) => {
    const name = `ends-${title.replaceAll(/\W/g, '-')}`;
    place.command(name, script);
    const { run } = await open(place, { commands: [name] });
    expect((await run({})).answer).toEqual({ exitCode: 0 });
    expect(running(mark)).toEqual([]);
  });
});

it('does not start when the call was aborted before', async () => {
  const file = join(place.data, 'started');
  place.command('starts', `touch '${file}'`);
  const { run } = await open(place, { commands: ['starts'], more: grant });
  await run({}, { signal: AbortSignal.abort() });
  expect(existsSync(file)).toBe(false);
});

describe('output', () => {
  it.each([
    ['stdout', 'yes 63.5'],
    ['stderr', 'yes 63.5 >&2'],
    ['both', 'while :; do echo 63.5; echo 63.5 >&2; done'],
  ])('of %s is bounded, and its command ended', async (name, script) => {
    place.command(`floods-${name}`, script);
    const { run } = await open(place, {
      commands: [`floods-${name}`],
      more: '[skills.resources]\noutput = 1000',
    });
    const { answer, stdout, stderr } = await run({});
    expect(answer).toMatchObject({ error: { code: 'OUTPUT_LIMIT' } });
    expect(stdout.length + stderr.length).toBe(1000);
    if (isLinux) expect(running('63.5')).toEqual([]);
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
