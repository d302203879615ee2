/** A crash of a process that holds secrets must not write them to the disk. */
import { execFile } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';

const prlimit = ['/usr/bin/prlimit', '/bin/prlimit'].find((path) => existsSync(path));

let done: Promise<boolean> | undefined;

/**
 * Once and for good: no memory of this process is part of a dump, and its limit for dumps is 0. The kernel hands a dump to a
 * program of `core_pattern` whatever the limit is, so the first is what holds there. Node cannot set limits itself: it takes
 * `prlimit` of util-linux. Both are Linux. Whether one of them worked.
 */
export function forbidCoreDumps(): Promise<boolean> {
  done ??= limit().then((limited) => leaveOutMemory() || limited);
  return done;
}

/** See core(5): which kinds of memory a dump has. */
function leaveOutMemory(): boolean {
  try {
    writeFileSync('/proc/self/coredump_filter', '0');
    return true;
  } catch {
    return false;
  }
}

function limit(): Promise<boolean> {
  return new Promise((resolve) => {
    if (prlimit === undefined) resolve(false);
    else {
      const args = ['--pid', String(process.pid), '--core=0:0'];
      execFile(prlimit, args, { timeout: 10_000 }, (error) => resolve(error === null));
    }
  });
}
