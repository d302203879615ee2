/**
 * Transpiled components that tests hand on to each other. Each has a home of its own, and would make the same components ready
 * again, a second and more for one of JavaScript. What is handed on is verified like any other cache: an entry that a test
 * damages is made again.
 */
import { createHash, randomBytes } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const path = (relative: string) => fileURLToPath(new URL(`../../${relative}`, import.meta.url));

/** What makes them, beside jco, whose version the cache itself knows: another code has another folder. */
function makers(): string {
  const hash = createHash('sha256');
  for (const [folder, suffix] of [
    ['packages/metering/dist', '.js'],
    ['packages/engine/src/component', '.ts'],
    ['packages/engine/dist/component', '.js'],
  ] as const) {
    for (const name of readdirSync(path(folder)).toSorted()) {
      if (name.endsWith(suffix)) hash.update(readFileSync(path(`${folder}/${name}`)));
    }
  }
  return hash.digest('hex').slice(0, 16);
}

const shared = join(path('node_modules/.cache/components'), makers());
const entries = join(shared, 'cache');
const key = `${entries}.key`;

/** Of one entry, into a folder that is not there yet. Files of a cache are never changed, so both may be one. */
function linkEntry(from: string, to: string): void {
  mkdirSync(to, { mode: 0o700 });
  for (const name of readdirSync(from)) {
    try {
      linkSync(join(from, name), join(to, name));
    } catch {
      copyFileSync(join(from, name), join(to, name)); // Another file system.
    }
  }
}

/** Puts what there is into the cache of a home that has none yet. */
export function takeComponents(home: string): void {
  mkdirSync(entries, { recursive: true, mode: 0o700 });
  if (!existsSync(key)) {
    const draft = `${key}.${randomBytes(8).toString('hex')}`;
    writeFileSync(draft, randomBytes(32), { mode: 0o600 });
    if (!existsSync(key)) renameSync(draft, key);
    else rmSync(draft);
  }
  const cache = join(home, 'cache');
  mkdirSync(cache, { recursive: true, mode: 0o700 });
  writeFileSync(`${cache}.key`, readFileSync(key), { mode: 0o600 });
  for (const name of readdirSync(entries)) {
    if (!name.startsWith('.')) linkEntry(join(entries, name), join(cache, name));
  }
}

/** Hands on what a home has made. */
export function leaveComponents(home: string): void {
  const cache = join(home, 'cache');
  if (!existsSync(`${cache}.key`) || !readFileSync(`${cache}.key`).equals(readFileSync(key)))
    return;
  for (const name of readdirSync(cache)) {
    if (name.startsWith('.') || existsSync(join(entries, name))) continue;
    const draft = join(entries, `.draft-${randomBytes(8).toString('hex')}`);
    try {
      linkEntry(join(cache, name), draft);
      renameSync(draft, join(entries, name));
    } catch {
      rmSync(draft, { recursive: true, force: true }); // Another test was first.
    }
  }
}
