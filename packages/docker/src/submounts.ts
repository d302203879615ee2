/** File systems that are mounted in a directory, by the kernel's own list (Linux; elsewhere none is known). */
import { readFile } from 'node:fs/promises';
import { covers } from './paths.ts';

/**
 * A mount point in the directory, if there is one. Podman's API takes it along whatever is asked for, and lets it be
 * written where the directory is read-only.
 */
export async function mountIn(directory: string): Promise<string | undefined> {
  if (process.platform !== 'linux') return undefined;
  const mounts = await readFile('/proc/self/mountinfo', 'utf8');
  return mounts
    .split('\n')
    .map((line) => unescaped(line.split(' ')[4] ?? ''))
    .find((point) => point !== directory && covers(directory, point));
}

/** Spaces and the like are three octal digits there. */
function unescaped(path: string): string {
  return path.replaceAll(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
