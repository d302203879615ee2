/** A scratch tree, a broker on it, and the guest's classes wired straight to the broker. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFilesystem, type Descriptor } from '../../packages/engine/src/host/filesystem.ts';
import { HostSession } from '../../packages/engine/src/host/session.ts';
import type { WalkKind } from '../../packages/engine/src/broker/filesystem-grants.ts';
import {
  FilesystemBroker,
  type FilesystemAuthority,
  type FilesystemDenial,
  type FilesystemLimits,
} from '../../packages/engine/src/broker/filesystem.ts';
import { WasiError } from '../../packages/engine/src/broker/wasi-error.ts';

const limits: FilesystemLimits = {
  diskBytes: 1024 * 1024,
  handles: 64,
  readBytes: 1024 * 1024,
  directoryEntries: 100_000,
};

const NOTHING = new Uint8Array(0);

export interface Opened {
  readonly broker: FilesystemBroker;
  readonly denials: FilesystemDenial[];
  /** The guest's preopens, by path. */
  readonly preopens: ReadonlyMap<string, Descriptor>;
  readonly filesystem: ReturnType<typeof createFilesystem>;
}

export interface Scratch extends Disposable {
  /** Real path of an empty directory. */
  readonly root: string;
  path(...names: string[]): string;
  /** Writes files, making their directories. */
  files(contents: Record<string, string>): void;
  /** Paths of grants and forbidden entries are relative to `root`. */
  open(
    authority: { read?: string[]; write?: string[]; forbidden?: string[] },
    options?: { walk?: WalkKind; limits?: Partial<FilesystemLimits> },
  ): Opened;
}

export function scratch(): Scratch {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'broker-')));
  const opened: FilesystemBroker[] = [];
  const path = (...names: string[]): string => join(root, ...names);
  return {
    root,
    path,
    files(contents) {
      for (const [name, text] of Object.entries(contents)) {
        mkdirSync(join(path(name), '..'), { recursive: true });
        writeFileSync(path(name), text);
      }
    },
    open({ read = [], write = [], forbidden = [] }, options = {}) {
      const authority: FilesystemAuthority = {
        grants: [
          ...read.map((name) => ({ path: path(name), access: 'read' as const })),
          ...write.map((name) => ({ path: path(name), access: 'read-write' as const })),
        ],
        forbidden: forbidden.map((name) => path(name)),
      };
      const result = openBroker(authority, options);
      opened.push(result.broker);
      return result;
    },
    [Symbol.dispose]() {
      for (const broker of opened) broker.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

export function openBroker(
  authority: FilesystemAuthority,
  options: { walk?: WalkKind; limits?: Partial<FilesystemLimits> } = {},
): Opened {
  const denials: FilesystemDenial[] = [];
  const broker = new FilesystemBroker(
    authority,
    { ...limits, ...options.limits },
    (denial) => denials.push(denial),
    ...(options.walk === undefined ? [] : [options.walk]),
  );
  const filesystem = createFilesystem(guestSession(broker), broker.preopens);
  const directories = filesystem.preopens.getDirectories();
  const preopens = new Map(directories.map(([descriptor, name]) => [name, descriptor]));
  return { broker, denials, preopens, filesystem };
}

/** A session whose questions go straight to the broker, in the JSON that the wire carries. */
function guestSession(broker: FilesystemBroker): HostSession {
  const refuse = (): never => {
    throw new Error('a file needs no such power');
  };
  return new HostSession(
    {
      ask(op, args, bytes = NOTHING) {
        try {
          const reply = broker.call(op, JSON.parse(JSON.stringify(args)) as unknown[], bytes);
          const value: unknown = JSON.parse(JSON.stringify(reply.value));
          return { value, bytes: reply.bytes ?? NOTHING };
        } catch (thrown) {
          if (thrown instanceof WasiError) throw thrown.code;
          throw thrown;
        }
      },
      output: refuse,
      monotonicNow: refuse,
      wallNow: refuse,
      sleep: refuse,
      randomBytes: refuse,
      consume() {},
    },
    { fuel: '0', memory: 0, output: 0, hostCalls: Number.MAX_SAFE_INTEGER },
  );
}

/** What a call throws: an error code, or whatever else. */
export function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (thrown) {
    return thrown;
  }
  return undefined;
}

export function readText(directory: Descriptor, path: string, follow = true): string {
  const file = directory.openAt({ symlinkFollow: follow }, path, {}, { read: true });
  try {
    return Buffer.from(file.read(1_000_000n, 0n)[0]).toString();
  } finally {
    file[Symbol.dispose]();
  }
}

export function writeText(directory: Descriptor, path: string, text: string): void {
  const flags = { create: true, truncate: true };
  const file = directory.openAt({ symlinkFollow: true }, path, flags, { write: true });
  try {
    file.write(Buffer.from(text), 0n);
  } finally {
    file[Symbol.dispose]();
  }
}

export function list(directory: Descriptor): string[] {
  const stream = directory.readDirectory();
  const names: string[] = [];
  for (let entry = stream.readDirectoryEntry(); entry; entry = stream.readDirectoryEntry()) {
    names.push(entry.name);
  }
  stream[Symbol.dispose]();
  return names.toSorted();
}
