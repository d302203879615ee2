/** Puts one skill of a package into a store: what it replaces is compared, and consent asked for where it is needed. */
import {
  DEFAULT_LEVEL,
  SkillError,
  capabilityDifference,
  createEngine,
  escapeText,
  isDowngrade,
  reaches,
  toolDifference,
  verifyStored,
} from '@skill-engine/engine';
import type {
  CandidateSkill,
  CapabilityDifference,
  InstalledSkill,
  SkillStore,
  ToolDifference,
  ToolInfo,
  TrustLevel,
} from '@skill-engine/engine';
import { consentText, confirmed, normalised, quote } from './consent.ts';
import { runtimes } from './runtimes.ts';
import { type Shell, coloured, say } from './shell.ts';

export interface Installing {
  readonly store: SkillStore;
  readonly candidate: CandidateSkill;
  /** The package as the command line names it. */
  readonly named: string;
  /** Value of `--accept`. */
  readonly accept: string | undefined;
  /** Value of `--trust`; without one, that of what is replaced. */
  readonly trust: TrustLevel | undefined;
  readonly allowDowngrade: boolean;
  readonly mayAsk: boolean;
  /** The operator named the installed skill that this package takes the place of. */
  readonly updates: boolean;
}

export interface Installed {
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  readonly trust: TrustLevel;
  readonly signature: string;
  /** Version that was there before. */
  readonly replaced: string | null;
  readonly changed: boolean;
  readonly capabilities: CapabilityDifference | null;
  readonly tools: ToolDifference | null;
}

/** @throws SkillError DOWNGRADE_REFUSED, CAPABILITY_DENIED, and what `CandidateSkill.install` throws */
export async function installOne(asked: Installing, shell: Shell): Promise<Installed> {
  const { store, candidate, accept } = asked;
  const { name, version, digest } = candidate.package;
  if (accept !== undefined && ![digest, candidate.digest].includes(normalised(accept))) {
    throw denied(
      candidate,
      `--accept names another package: the digest of ${name} is ${digest}. See what it asks for: skill inspect ${quote(asked.named)}`,
    );
  }
  const stored = await store.find(name);
  const before = stored && (await verifyStored(store, stored).catch(() => undefined));
  const follows = before !== undefined && followsOn(asked, before);
  const trust = asked.trust ?? (before === undefined ? DEFAULT_LEVEL : inherited(before, follows));
  const capabilities = before ? capabilityDifference(asksOf(before), asksOf(candidate)) : null;
  const same = stored?.entry.digest === candidate.digest;
  const settled =
    same && before?.approved === true && before.trust === trust && !candidate.addsSignature(before);
  if (stored !== undefined && isDowngrade(stored.entry.version, version) && !asked.allowDowngrade) {
    throw new SkillError(
      'DOWNGRADE_REFUSED',
      `${name} is installed as ${stored.entry.version}, and this is the older ${version}. If you want it nevertheless: --allow-downgrade`,
      { details: { skill: name, installed: stored.entry.version, found: version } },
    );
  }
  const tools = before && !same ? await toolsChanged(before, candidate) : null;
  if (!settled) {
    if (before !== undefined)
      await say(shell, differenceText(before, candidate, capabilities!, tools));
    const wider = !follows || before.approved !== true || capabilities?.wider !== false;
    if (wider && candidate.package.needsConsent && accept === undefined) await ask(asked, shell);
    await candidate.install(store, { approver: shell.user, trust }, stored?.entry);
  }
  return {
    name,
    version,
    digest: candidate.digest,
    trust,
    signature: signatureText(candidate),
    replaced: stored?.entry.version ?? null,
    changed: !settled,
    capabilities,
    tools,
  };
}

/** Or a package of anybody's would get, by its name alone, what the installed one was given: its credentials, its level. */
function followsOn({ candidate, updates }: Installing, before: InstalledSkill): boolean {
  const wasSigned = before.entry.signature.state === 'verified';
  return candidate.follows(before.entry) || (updates && !wasSigned);
}

function inherited(before: InstalledSkill, follows: boolean): TrustLevel {
  return follows || !reaches(before.trust, DEFAULT_LEVEL) ? before.trust : DEFAULT_LEVEL;
}

async function ask(asked: Installing, shell: Shell): Promise<void> {
  const { candidate, named } = asked;
  const { name, version, digest } = candidate.package;
  const isTerminal = shell.stdin.isTTY === true && shell.stderr.isTTY === true;
  if (!isTerminal || !asked.mayAsk) {
    throw denied(
      candidate,
      `${name} ${version} asks for capabilities that nobody has accepted yet. skill inspect ${quote(named)} shows them; then install it on a terminal, or with --accept ${digest}`,
    );
  }
  await say(shell, consentText(candidate.package, named, coloured(shell, shell.stderr)));
  await say(shell, `Signature: ${escapeText(signatureText(candidate))}`);
  if (!(await confirmed(shell))) {
    throw denied(candidate, `${name} was not accepted, so it was not installed.`);
  }
}

function asksOf(skill: InstalledSkill | CandidateSkill) {
  const { declared, places, runs } = skill.package;
  return { declared, places, runs };
}

/** Null where one of both does not say what tools it has. */
async function toolsChanged(
  before: InstalledSkill,
  after: CandidateSkill,
): Promise<ToolDifference | null> {
  await using engine = await createEngine({ runtimes: runtimes() });
  const toolsOf = async (skill: InstalledSkill | CandidateSkill): Promise<readonly ToolInfo[]> =>
    (await engine.load(skill, { grant: 'none' })).flatMap(({ tools }) => tools);
  try {
    return toolDifference(await toolsOf(before), await toolsOf(after));
  } catch {
    return null;
  }
}

function differenceText(
  before: InstalledSkill,
  after: CandidateSkill,
  { added, removed, wider }: CapabilityDifference,
  tools: ToolDifference | null,
): string {
  const { name, version } = after.package;
  const lines = [`${name} ${before.entry.version} -> ${version}`];
  for (const item of added) lines.push(`  + ${escapeText(item)}`);
  for (const item of removed) lines.push(`  - ${escapeText(item)}`);
  if (added.length + removed.length === 0) {
    lines.push(wider ? '  its rules changed' : '  asks for the same');
  }
  for (const [word, names] of Object.entries(tools ?? {}) as [string, readonly string[]][]) {
    if (names.length > 0) lines.push(`  tools ${word}: ${names.map(escapeText).join(', ')}`);
  }
  return lines.join('\n');
}

export function signatureText({ signature }: CandidateSkill): string {
  return signature.state === 'verified'
    ? `verified, by ${signature.name}`
    : `unverified: ${signature.reason}`;
}

function denied(candidate: CandidateSkill, message: string): SkillError {
  const { name, version, digest } = candidate.package;
  return new SkillError('CAPABILITY_DENIED', message, {
    details: { reason: 'consent', skill: name, version, digest },
  });
}
