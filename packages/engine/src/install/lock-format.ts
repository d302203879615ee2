/** `skills.lock`: what is installed, byte for byte, and what the operator approved. JSON, for people and programs. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { canonicalJson } from '../authority/canonical.ts';
import { trustLevels, type TrustLevel } from '../trust/levels.ts';

/** What was known of the signature when the skill was installed. */
export interface LockedSignature {
  /** `verified` by a key that was trusted then; a missing or unknown signature is never more than `unverified`. */
  readonly state: 'verified' | 'unverified';
  /** Of the key, when verified. */
  readonly key: string | null;
}

/** What the operator approved: the whole of what the manifest asks for. */
export interface Approval {
  /** Digest of the authority, with absolute paths. */
  readonly authority: string;
  /** The same in words, one each. For readers only; the digest counts. */
  readonly grants: readonly string[];
  /** Who approved, in their words. */
  readonly approver: string;
  /** ISO 8601, UTC. */
  readonly time: string;
}

/** One entry of a lock file. */
export interface LockedSkill {
  /** Of the skill; unique within its store. */
  readonly name: string;
  /** Of the skill. */
  readonly version: string;
  /** `treeDigest` of the package. */
  readonly digest: string;
  /** SHA-256 of each file but the signature, by path. */
  readonly files: Readonly<Record<string, string>>;
  /** Path or URL that it was installed from. */
  readonly source: string;
  /** Absolute directory that relative grants start from; null if there are none. */
  readonly base: string | null;
  readonly trust: TrustLevel;
  readonly signature: LockedSignature;
  readonly approval: Approval;
  /** HMAC-SHA256 of all of the above by the operator's key: what is edited by hand is refused. */
  readonly seal: string;
}

/** An entry of the lock before it has its seal. */
export type UnsealedSkill = Omit<LockedSkill, 'seal'>;

const FORMAT = 1;
const digestForm = /^[0-9a-f]{64}$/;

export function encodeLock(skills: readonly LockedSkill[]): string {
  const sorted = skills.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return `${JSON.stringify({ format: FORMAT, skills: sorted }, undefined, 2)}\n`;
}

/** @throws Error that says what is wrong */
export function decodeLock(text: string): readonly LockedSkill[] {
  const value: unknown = JSON.parse(text);
  if (!isRecord(value) || value['format'] !== FORMAT || !Array.isArray(value['skills'])) {
    throw new Error(`it is no lock of format ${FORMAT}`);
  }
  const names = new Set<string>();
  return value['skills'].map((entry: unknown, index) => {
    const skill = readEntry(entry);
    if (skill === undefined) throw new Error(`its entry ${index} is damaged`);
    if (names.has(skill.name)) throw new Error(`it has ${skill.name} twice`);
    names.add(skill.name);
    return skill;
  });
}

function readEntry(entry: unknown): LockedSkill | undefined {
  if (!isRecord(entry)) return undefined;
  const { name, version, digest, files, source, base, trust, signature, approval, seal } = entry;
  if (!isText(name) || !/^[a-z0-9][a-z0-9_-]{0,63}$/.test(name)) return undefined;
  if (!isText(version) || !isText(source) || !isDigest(digest) || !isDigest(seal)) return undefined;
  if (base !== null && (!isText(base) || !base.startsWith('/'))) return undefined;
  if (!isRecord(files) || !Object.values(files).every(isDigest)) return undefined;
  const level = trustLevels.find((one) => one === trust);
  if (level === undefined || !isRecord(signature) || !isRecord(approval)) return undefined;
  const { state, key } = signature;
  if (state !== 'verified' && state !== 'unverified') return undefined;
  if (key !== null && !isText(key)) return undefined;
  const { authority, grants, approver, time } = approval;
  if (!isDigest(authority) || !isText(approver) || !isText(time)) return undefined;
  if (!Array.isArray(grants) || !grants.every(isText)) return undefined;
  return {
    name,
    version,
    digest,
    files: files as Record<string, string>,
    source,
    base,
    trust: level,
    signature: { state, key },
    approval: { authority, grants, approver, time },
    seal,
  };
}

const domain = 'skill-engine lock entry, version 1';

/** @param where the store that the entry is of: an entry means nothing in another one */
export function seal(entry: UnsealedSkill, key: Uint8Array, where: string): LockedSkill {
  return { ...entry, seal: sealOf(entry, key, where) };
}

export function isSealed(entry: LockedSkill, key: Uint8Array, where: string): boolean {
  const { seal: found, ...rest } = entry;
  return timingSafeEqual(Buffer.from(found, 'hex'), Buffer.from(sealOf(rest, key, where), 'hex'));
}

function sealOf(entry: UnsealedSkill, key: Uint8Array, where: string): string {
  const files = Object.entries(entry.files).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHmac('sha256', key)
    .update(canonicalJson({ domain, where, entry: { ...entry, files } }))
    .digest('hex');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isDigest(value: unknown): value is string {
  return isText(value) && digestForm.test(value);
}
