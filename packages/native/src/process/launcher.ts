/** The kernel's limits for a command, by programs that set them and then become it. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Limits } from '@skill-engine/engine';

/** Programs of util-linux that work here. */
export interface Launcher {
  readonly setpriv: string | undefined;
  readonly prlimit: string | undefined;
}

let detected: Promise<Launcher> | undefined;

/** What there is; tried once in a process. */
export function detectLauncher(): Promise<Launcher> {
  detected ??= detect();
  return detected;
}

async function detect(): Promise<Launcher> {
  if (process.platform !== 'linux') return { setpriv: undefined, prlimit: undefined };
  const find = (name: string): string | undefined =>
    ['/usr/bin', '/bin']
      .map((directory) => `${directory}/${name}`)
      .find((path) => existsSync(path));
  const [setpriv, prlimit] = [find('setpriv'), find('prlimit')];
  const probe = { memoryBytes: 2 ** 30, diskBytes: 2 ** 20 };
  return {
    setpriv: setpriv && (await works(setpriv, [...privileges, '/bin/true'])) ? setpriv : undefined,
    prlimit:
      prlimit && (await works(prlimit, [...kernelLimits(probe), '/bin/true']))
        ? prlimit
        : undefined,
  };
}

function works(file: string, args: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    execFile(file, args, { timeout: 10_000, env: {} }, (error) => resolve(error === null));
  });
}

const privileges = ['--no-new-privs', '--pdeathsig', 'KILL', '--'];

/** Of each process: no core dump; private memory and the size of a file as the limits say; open files. */
function kernelLimits({
  memoryBytes,
  diskBytes,
}: Pick<Limits, 'memoryBytes' | 'diskBytes'>): readonly string[] {
  return [
    '--core=0:0',
    `--data=${memoryBytes}:${memoryBytes}`,
    `--fsize=${diskBytes}:${diskBytes}`,
    '--nofile=1024:1024',
    '--',
  ];
}

/** The whole argv. */
export function launch(
  { setpriv, prlimit }: Launcher,
  limits: Limits,
  argv: readonly string[],
): readonly string[] {
  return [
    ...(setpriv === undefined ? [] : [setpriv, ...privileges]),
    ...(prlimit === undefined ? [] : [prlimit, ...kernelLimits(limits)]),
    ...argv,
  ];
}

/** For people. */
export function layersOf({ setpriv, prlimit }: Launcher): readonly string[] {
  return [
    ...(setpriv === undefined ? [] : ['no-new-privileges']),
    ...(prlimit === undefined ? [] : ['limits-per-process']),
  ];
}
