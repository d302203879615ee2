/**
 * wasi:filesystem for one invocation, on the powerful side: every request of the isolate is checked,
 * judged by the effective grants, and carried out beneath them. `docs/internals/filesystem.md` has the rules.
 */
import { append, read, setSize, sync, write, type Reply } from './filesystem-content.ts';
import {
  createDirectoryAt,
  linkAt,
  readlinkAt,
  removeDirectoryAt,
  renameAt,
  symlinkAt,
  unlinkFileAt,
} from './filesystem-changes.ts';
import { Arguments } from './filesystem-arguments.ts';
import {
  GrantTable,
  platformWalk,
  type FilesystemAuthority,
  type WalkKind,
} from './filesystem-grants.ts';
import { nextEntries, readDirectory } from './filesystem-listing.ts';
import {
  getFlags,
  isSameObject,
  metadataHash,
  metadataHashAt,
  stat,
  statAt,
} from './filesystem-metadata.ts';
import { openAt } from './filesystem-open.ts';
import {
  FilesystemSession,
  type FilesystemDenial,
  type FilesystemLimit,
  type FilesystemLimits,
} from './filesystem-session.ts';
import { setTimes, setTimesAt } from './filesystem-times.ts';
import type { FilesWritten } from './filesystem-written.ts';
import { ProtocolViolation, toWasiError } from './wasi-error.ts';

export type { FilesystemAuthority, FilesystemDenial, FilesystemLimit, FilesystemLimits };

type Operation = (session: FilesystemSession, args: Arguments) => Reply;

const value =
  (run: (session: FilesystemSession, args: Arguments) => unknown): Operation =>
  (session, args) => ({ value: run(session, args) });

/** The closed table of requests; names are those of wasi:filesystem/types where there is one. */
const operations: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ['fs.open-at', openAt],
  ['fs.drop', value(drop)],
  ['fs.get-flags', value(getFlags)],
  ['fs.read', read],
  ['fs.write', value(write)],
  ['fs.append', value(append)],
  ['fs.set-size', value(setSize)],
  ['fs.sync', value(sync)],
  ['fs.stat', value(stat)],
  ['fs.stat-at', value(statAt)],
  ['fs.metadata-hash', value(metadataHash)],
  ['fs.metadata-hash-at', value(metadataHashAt)],
  ['fs.is-same-object', value(isSameObject)],
  ['fs.set-times', value(setTimes)],
  ['fs.set-times-at', value(setTimesAt)],
  ['fs.read-directory', value(readDirectory)],
  ['fs.next-entries', value(nextEntries)],
  ['fs.create-directory-at', value(createDirectoryAt)],
  ['fs.remove-directory-at', value(removeDirectoryAt)],
  ['fs.unlink-file-at', value(unlinkFileAt)],
  ['fs.rename-at', value(renameAt)],
  ['fs.link-at', value(linkAt)],
  ['fs.symlink-at', value(symlinkAt)],
  ['fs.readlink-at', value(readlinkAt)],
]);

/** Arguments: handles. */
function drop(session: FilesystemSession, args: Arguments): null {
  const handles = args.handles();
  args.end();
  for (const handle of handles) session.handles.drop(handle);
  return null;
}

export class FilesystemBroker {
  /** `[handle, path]` of each granted directory that exists; the guest starts with these. */
  readonly preopens: readonly (readonly [number, string])[];
  readonly #table: GrantTable;
  readonly #session: FilesystemSession;

  /**
   * Resolves the grants, once: what is not there, is forbidden, or is neither file nor directory gives no
   * preopen. Throws a `TypeError` for a grant that is not an absolute, normalised path.
   * @param onDenial Called once for each request that the grants refuse, before it fails.
   * @param walkKind For tests; the platform decides.
   */
  constructor(
    authority: FilesystemAuthority,
    limits: FilesystemLimits,
    onDenial: (denial: FilesystemDenial) => void,
    walkKind: WalkKind = platformWalk(),
  ) {
    this.#table = new GrantTable(authority, walkKind);
    this.#session = new FilesystemSession(this.#table, walkKind, limits, onDenial);
    this.preopens = this.#table.preopens.map(({ path, place }) => {
      return [
        this.#session.handles.add({ kind: 'directory', place, preopen: true }),
        path,
      ] as const;
    });
  }

  /**
   * One request of the isolate. Blocks no longer than the host's file system does.
   * @throws {WasiError} an ordinary failure, as an error code of wasi:filesystem
   * @throws {ProtocolViolation} no such operation, or arguments that its own host code never sends
   */
  call(op: string, args: readonly unknown[], bytes: Uint8Array): Reply {
    const operation = operations.get(op);
    if (operation === undefined) throw new ProtocolViolation('unknown filesystem operation');
    if (!Array.isArray(args)) throw new ProtocolViolation('arguments must be a list');
    this.#session.operation = op.slice('fs.'.length);
    this.#session.access = 'read';
    this.#session.creates = false;
    try {
      return operation(this.#session, new Arguments(op, args, bytes));
    } catch (thrown) {
      throw toWasiError(thrown);
    }
  }

  /** Bytes that count against the disk budget so far. */
  get bytesWritten(): number {
    return this.#session.written;
  }

  get filesWritten(): FilesWritten {
    return this.#session.filesWritten.list;
  }

  /** Budgets that ran out. */
  get limitsHit(): ReadonlySet<FilesystemLimit> {
    return this.#session.limitsHit;
  }

  /** Closes everything that is open; later calls fail with `bad-descriptor`. */
  close(): void {
    this.#session.handles.close();
    this.#table.close();
  }
}
