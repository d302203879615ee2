import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import {
  EXIT,
  SkillError,
  auditPublicKey,
  brokenAudit,
  exportAudit,
  importAudit,
  openAuditReader,
  openDiskAuditStore,
  settingsOptions,
  verifyExport,
} from '@skill-engine/engine';
import type { ExportVerifyOptions, Pruned, Retention, Verification } from '@skill-engine/engine';
import { type CommandLine, type FlagTable, onlyFlags, splitArguments, usage } from '../args.ts';
import { auditFile } from '../audit-place.ts';
import { unwritable } from '../unwritable.ts';
import { jsonText } from '../json.ts';
import { findSettings } from '../settings.ts';
import { type Shell, say, write } from '../shell.ts';
import { parseCount, parseInstant, parseSize, showCount } from '../units.ts';

export const flags = {
  'public-key': { type: 'string' },
  checkpoint: { type: 'string' },
  output: { type: 'string' },
  into: { type: 'string' },
  'older-than': { type: 'string' },
  keep: { type: 'string' },
  'max-size': { type: 'string' },
  'dry-run': { type: 'boolean' },
  compact: { type: 'boolean' },
  store: { type: 'string' },
  json: { type: 'boolean' },
} as const satisfies FlagTable;

type Flag = keyof typeof flags;

type Part = (
  line: CommandLine,
  argument: string | undefined,
  shell: Shell,
) => Promise<number | void>;

const parts: Readonly<Record<string, { readonly run: Part; readonly allowed: readonly Flag[] }>> = {
  verify: { run: verify, allowed: ['public-key', 'checkpoint', 'store', 'json'] },
  key: { run: key, allowed: ['store', 'json'] },
  export: { run: exportTo, allowed: ['output', 'store'] },
  import: { run: importFrom, allowed: ['into', 'public-key', 'checkpoint', 'json'] },
  prune: {
    run: prune,
    allowed: ['older-than', 'keep', 'max-size', 'dry-run', 'compact', 'store', 'json'],
  },
};

export async function audit(args: readonly string[], shell: Shell): Promise<number> {
  const line = splitArguments(args, { verb: 'audit', flags });
  const [name = '', argument, ...more] = line.positionals;
  const takesFile = name === 'verify' || name === 'import';
  if (!Object.hasOwn(parts, name)) {
    throw usage(
      'audit',
      `one of ${Object.keys(parts).join(', ')} is needed, not ${JSON.stringify(name)}`,
    );
  }
  if (more.length > 0 || (argument !== undefined && !takesFile)) {
    throw usage('audit', `${JSON.stringify(more[0] ?? argument)} is one argument too many`);
  }
  const { run, allowed } = parts[name]!;
  onlyFlags(line, { verb: 'audit', form: name, allowed });
  return (await run(line, argument, shell)) ?? EXIT.success;
}

async function verify(line: CommandLine, file: string | undefined, shell: Shell): Promise<number> {
  const options = trustOf(line);
  const found =
    file === undefined
      ? await verifyOwn(await auditFile(line, shell), options)
      : await verifyExport(linesOf(file, shell), options);
  await tell(found, line, shell);
  if (found.broken === undefined) return EXIT.success;
  // With --json the break is part of the answer, and only the exit code is left to set.
  if (line.has('json')) return EXIT.engine;
  throw brokenAudit(found.broken);
}

async function verifyOwn(path: string, options: ExportVerifyOptions): Promise<Verification> {
  await using reader = openAuditReader({ path });
  return await reader.verify(options);
}

async function tell(found: Verification, line: CommandLine, shell: Shell): Promise<void> {
  const { ok, broken, entries, records, checkpoints, head, unsigned, prunedThrough } = found;
  if (line.has('json')) {
    const shown = { ok, entries, records, checkpoints, head, unsigned, prunedThrough };
    const all = broken === undefined ? shown : { ...shown, broken: { ...broken } };
    await write(shell.stdout, `${jsonText(all)}\n`);
  } else if (ok) {
    const pruned = prunedThrough > 0 ? `, after ${showCount(prunedThrough)} that were pruned` : '';
    await write(
      shell.stdout,
      `the record holds: ${showCount(records)} invocations, ${showCount(entries)} entries, ${showCount(checkpoints)} checkpoints${pruned}
head ${head.seq}:${head.hash}
`,
    );
  }
}

async function key(line: CommandLine, _: string | undefined, shell: Shell): Promise<void> {
  const { pem, fingerprint } = auditPublicKey(await auditFile(line, shell));
  if (line.has('json')) await write(shell.stdout, `${jsonText({ pem, fingerprint })}\n`);
  else {
    await write(shell.stdout, pem);
    await say(shell, fingerprint);
  }
}

async function exportTo(line: CommandLine, _: string | undefined, shell: Shell): Promise<void> {
  await exportAuditTo(await auditFile(line, shell), line.one('output'), shell);
}

/** Complete or absent: written under another name first. */
export async function exportAuditTo(
  path: string,
  output: string | undefined,
  shell: Shell,
): Promise<void> {
  if (output === undefined || output === '-') {
    for await (const text of exportAudit(path)) await write(shell.stdout, text);
    return;
  }
  const draft = `${output}.${process.pid}.part`;
  const target = await open(draft, 'wx', 0o600).catch((cause: unknown) => {
    throw unwritable(output, cause);
  });
  try {
    for await (const text of exportAudit(path)) await target.write(text);
    await target.sync();
    await target.close();
    await rename(draft, output);
  } catch (error) {
    await target.close().catch(() => undefined);
    await rm(draft, { force: true });
    throw error;
  }
}

async function importFrom(
  line: CommandLine,
  file: string | undefined,
  shell: Shell,
): Promise<void> {
  const into = line.one('into');
  if (file === undefined || into === undefined) {
    throw usage('audit', 'import needs an EXPORT and --into FILE');
  }
  await tell(await importAudit(linesOf(file, shell), into, trustOf(line)), line, shell);
}

async function prune(line: CommandLine, _: string | undefined, shell: Shell): Promise<void> {
  const retention: { -readonly [K in keyof Retention]: Retention[K] } = {};
  const [age, keep, size] = ['older-than', 'keep', 'max-size'].map((flag) => line.one(flag));
  if (age !== undefined) {
    const now = shell.now();
    retention.maxAgeMs = Math.max(0, now - parseInstant('older-than', age, now).getTime());
  }
  if (keep !== undefined) retention.maxRecords = parseCount('keep', keep);
  if (size !== undefined) retention.maxBytes = parseSize('max-size', size);
  const configured = settingsOptions(await findSettings(shell)).retention;
  const isGiven = age !== undefined || keep !== undefined || size !== undefined;
  if (!isGiven && configured === undefined) {
    throw usage(
      'audit',
      'prune needs --older-than, --keep or --max-size, or audit.retention in the configuration',
    );
  }
  const path = await auditFile(line, shell);
  if (!existsSync(path)) {
    throw new SkillError('AUDIT_UNAVAILABLE', `There is no audit store at ${path}.`);
  }
  const kept = isGiven ? retention : configured!;
  const pruned = (await pruneStore(path, kept, line)) ?? { through: 0, entries: 0, records: 0 };
  const does = line.has('dry-run') ? 'would remove' : 'removed';
  const text = `${does} ${showCount(pruned.records)} invocations (${showCount(pruned.entries)} entries)`;
  await write(shell.stdout, line.has('json') ? `${jsonText({ ...pruned })}\n` : `${text}\n`);
}

async function pruneStore(
  path: string,
  retention: Retention,
  line: CommandLine,
): Promise<Pruned | undefined> {
  await using store = await openDiskAuditStore({ path });
  return line.has('dry-run')
    ? await store.prunable(retention)
    : await store.prune(retention, { compact: line.has('compact') });
}

function trustOf(line: CommandLine): ExportVerifyOptions {
  const keyFile = line.one('public-key');
  const checkpoint = line.one('checkpoint');
  const match = /^(\d{1,15}):([0-9a-f]{64})$/.exec(checkpoint ?? '');
  if (checkpoint !== undefined && match === null) {
    throw usage(
      'audit',
      `--checkpoint is ${JSON.stringify(checkpoint)}; SEQ:HASH is needed, as verify prints it after "head"`,
    );
  }
  return {
    ...(keyFile === undefined ? {} : { publicKey: readKey(keyFile) }),
    ...(match === null ? {} : { kept: { seq: Number(match[1]), hash: match[2] as string } }),
  };
}

function readKey(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new SkillError(
      'INVALID_OPTIONS',
      `--public-key cannot be read: ${(error as Error).message}.`,
    );
  }
}

async function* linesOf(file: string, shell: Shell): AsyncGenerator<string> {
  const input = file === '-' ? shell.stdin : createReadStream(file);
  try {
    yield* createInterface({ input, crlfDelay: Infinity });
  } catch (error) {
    throw new SkillError(
      'INVALID_OPTIONS',
      `The export cannot be read: ${(error as Error).message}.`,
    );
  }
}
