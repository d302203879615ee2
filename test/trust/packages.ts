/** Packages for the tests of installation: made, changed and attacked. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Header } from 'tar';
import {
  prepareInstall,
  SkillStore,
  type CandidateSkill,
  type TrustLevel,
} from '../../packages/engine/src/index.ts';
import { statePlaces } from '../../packages/engine/src/places.ts';
import { buildGuest } from '../guests/build.ts';

export const manifest = (more = '', version = '1.0.0'): string => `[skill]
name = "answer"
version = "${version}"
component = "./answer.wasm"
${more}`;

/** A folder for everything of one test file; `home` is the state directory in it. */
export class Bench implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'skill-install-'));
  readonly home = join(this.path, 'home');
  #count = 0;

  fresh(name = 'folder'): string {
    const path = join(this.path, `${name}-${(this.#count += 1)}`);
    mkdirSync(path);
    return path;
  }

  /** A folder with a sound package, and further files. */
  async package(files: Readonly<Record<string, string>> = {}): Promise<string> {
    const folder = this.fresh('package');
    copyFileSync(await buildGuest('answer'), join(folder, 'answer.wasm'));
    for (const [path, text] of Object.entries({ 'skill.toml': manifest(), ...files })) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    return folder;
  }

  get user(): SkillStore {
    return SkillStore.user(statePlaces(this.home));
  }

  project(folder: string): SkillStore {
    return SkillStore.project(folder, statePlaces(this.home));
  }

  async candidate(named: string): Promise<CandidateSkill> {
    const [candidate] = await prepareInstall(named, { home: this.home });
    return candidate!;
  }

  /** As after consent. */
  async install(
    named: string,
    store = this.user,
    trust: TrustLevel = 'third_party',
  ): Promise<void> {
    const candidate = await this.candidate(named);
    const stored = await store.find(candidate.package.name);
    const approval = { approver: 'ada', trust, home: this.home };
    await candidate.install(store, approval, stored?.entry);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

export interface TarEntry {
  readonly path: string;
  readonly type?: 'File' | 'Directory' | 'SymbolicLink' | 'Link' | 'CharacterDevice' | 'FIFO';
  readonly linkpath?: string;
  readonly text?: string;
}

/** A tarball, entry by entry, also of what no honest tool writes. */
export function tarball(entries: readonly TarEntry[], gzip = true): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (const { path, type = 'File', linkpath, text = '' } of entries) {
    const body = Buffer.from(text);
    const header = new Header({ path, type, mode: 0o644, size: body.length, mtime: new Date(0) });
    if (linkpath !== undefined) header.linkpath = linkpath;
    const block = Buffer.alloc(512);
    header.encode(block, 0);
    blocks.push(block, body, Buffer.alloc((512 - (body.length % 512)) % 512));
  }
  blocks.push(Buffer.alloc(1024));
  const whole = Buffer.concat(blocks);
  return gzip ? gzipSync(whole) : whole;
}
