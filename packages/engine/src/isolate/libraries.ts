/** The shared libraries of a program, as the loader finds them. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Folders that the loader searches without its cache. */
const DEFAULT_FOLDERS = /^\/(usr\/)?lib(32|64|x32)?\//;

/** What the loader needs to find libraries elsewhere. */
const CACHE = '/etc/ld.so.cache';

/** Paths of all libraries that `program` is started with, the loader itself among them; none if it is static. */
export async function librariesOf(program: string): Promise<readonly string[]> {
  const traced = await trace(program);
  const libraries = traced.length > 0 || program !== process.execPath ? traced : ownLibraries();
  return libraries.every((path) => DEFAULT_FOLDERS.test(path)) ? libraries : [...libraries, CACHE];
}

/** The GNU loader lists them instead of starting the program. Another loader starts it, with nothing to do. */
function trace(program: string): Promise<string[]> {
  return new Promise((resolve) => {
    const options = { env: { LD_TRACE_LOADED_OBJECTS: '1' }, timeout: 5000 };
    const child = execFile(program, options, (error, stdout) => {
      const lines = error ? [] : stdout.matchAll(/(\/\S+) \(0x[0-9a-f]+\)$/gm);
      resolve([...lines].map(([, path]) => path!));
    });
    child.stdin?.end();
  });
}

/** What this process itself has mapped. */
function ownLibraries(): string[] {
  const maps = readFileSync('/proc/self/maps', 'utf8');
  const paths = [...maps.matchAll(/ r-xp .* (\/\S+\.so(?:\.\d+)*)$/gm)].map(([, path]) => path!);
  return [...new Set(paths)];
}
