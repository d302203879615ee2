/** A crash of a process that holds secrets must not write them to the disk. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';

const prlimit = ['/usr/bin/prlimit', '/bin/prlimit'].find((path) => existsSync(path));

let done: Promise<boolean> | undefined;

/**
 * Sets this process's limit for core dumps to 0, once and for good. Node cannot set limits itself: it takes `prlimit`
 * of util-linux, so it works on Linux. Whether it did.
 */
export function forbidCoreDumps(): Promise<boolean> {
  done ??= new Promise((resolve) => {
    if (prlimit === undefined) resolve(false);
    else {
      const args = ['--pid', String(process.pid), '--core=0:0'];
      execFile(prlimit, args, { timeout: 10_000 }, (error) => resolve(error === null));
    }
  });
  return done;
}
