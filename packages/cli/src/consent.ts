/** Asks the operator before a skill gets any capability. */
import { createInterface } from 'node:readline';
import { SkillError, capabilityWords, escapeText } from '@skill-engine/engine';
import type { Acceptances, InstalledSkill, SkillPackage } from '@skill-engine/engine';
import { painter } from './colours.ts';
import { Interrupted, type Shell, coloured, say } from './shell.ts';

export interface ConsentRequest {
  readonly package: SkillPackage;
  /** Where it is installed: what was approved then counts, and every file of the package is part of what is accepted. */
  readonly installed?: InstalledSkill | undefined;
  readonly acceptances: Acceptances;
  /** Value of `--accept`. */
  readonly accept: string | undefined;
  /** False where the caller wants no questions (`--json`). */
  readonly mayAsk: boolean;
  /** The skill as the command line names it. */
  readonly named: string;
  /** True where the command itself cannot take an answer at all: it has no `--accept`. */
  readonly beforehand?: boolean;
}

const words = 'I accept';

/**
 * Returns when the skill needs no consent, or has it: from before, by `--accept DIGEST`, or by the typed words.
 * What is new is recorded.
 *
 * @throws SkillError CAPABILITY_DENIED without consent; STATE_UNAVAILABLE
 */
export async function requireConsent(request: ConsentRequest, shell: Shell): Promise<void> {
  const { package: skill, installed, acceptances, accept } = request;
  const digests = [skill.digest, ...(installed === undefined ? [] : [installed.entry.digest])];
  if (accept !== undefined && !digests.includes(normalised(accept))) {
    throw denied(
      request,
      `--accept names another package: the digest of ${skill.name} is ${skill.digest}. ` +
        `See what it asks for: skill inspect ${quote(request.named)}`,
    );
  }
  const subject = { ...skill, digest: installed?.entry.digest ?? skill.digest };
  // What somebody else installed into a project is accepted even if it asks for nothing.
  const needed = installed === undefined ? skill.needsConsent : !installed.approved;
  if (!needed || (await acceptances.find(subject)) !== undefined) return;
  if (accept === undefined) {
    const isTerminal = shell.stdin.isTTY === true && shell.stderr.isTTY === true;
    if (!isTerminal || !request.mayAsk) {
      throw denied(
        request,
        `${skill.name} ${skill.version} asks for capabilities that nobody has accepted yet. ` +
          `skill inspect ${quote(request.named)} shows them; then ${wayToAccept(request)}`,
      );
    }
    await say(shell, consentText(skill, request.named, coloured(shell, shell.stderr)));
    if (!(await confirmed(shell)))
      throw denied(request, `${skill.name} was not accepted, so it did not run.`);
  }
  await acceptances.add(subject, shell.user);
}

function wayToAccept({ package: { digest }, beforehand }: ConsentRequest): string {
  if (beforehand !== true) return `run it on a terminal, or with --accept ${digest}`;
  return `accept them first: call it once by skill run, on a terminal or with --accept ${digest}, or install it and serve it by its name`;
}

/** What the skill asks for and what can go wrong, in plain words. All of it is escaped. */
export function consentText(skill: SkillPackage, named: string, colours = false): string {
  const paint = painter(colours);
  const { groups, risks } = capabilityWords(skill.declared, skill.places, skill.runs);
  const lines = [
    '',
    `${paint(skill.name, 'bold')} ${skill.version} (${escapeText(named)}) asks for capabilities that you have not accepted yet.`,
    groups.length === 0
      ? 'It asks for nothing: it computes, and answers.'
      : 'Once accepted, it may:',
    '',
  ];
  for (const { verb, items } of groups) {
    for (const [index, item] of items.entries()) {
      lines.push(`  ${(index === 0 ? verb : '').padEnd(16)} ${escapeText(item)}`);
    }
  }
  if (risks.length > 0) {
    lines.push(
      '',
      'Risks:',
      '',
      ...risks.map((risk) => paint(`  ! ${escapeText(risk)}`, 'yellow')),
    );
  }
  const counts = groups.map(({ verb, items }) => `${verb} ${items.length}`).join(', ');
  lines.push('', `In all: ${counts || 'nothing'}.`, `Package digest: ${skill.digest}`, '');
  return lines.join('\n');
}

/** Whether the operator typed the words. The end of the input (Ctrl-D) is a no. */
export function confirmed(shell: Shell): Promise<boolean> {
  const asking = createInterface({ input: shell.stdin, output: shell.stderr });
  let settled = false;
  return new Promise<boolean>((resolve, reject) => {
    const settle = (end: () => void): void => {
      if (settled) return;
      settled = true;
      end();
    };
    const unanswered = (end: () => void): void => settle(() => void say(shell, '\n').then(end));
    asking.once('SIGINT', () => unanswered(() => reject(new Interrupted('SIGINT'))));
    asking.once('close', () => unanswered(() => resolve(false)));
    asking.question(`Type "${words}" to allow this, anything else to refuse: `, (answer) =>
      settle(() => resolve(answer.trim() === words)),
    );
  }).finally(() => asking.close());
}

export function normalised(digest: string): string {
  return digest.replace(/^sha256:/, '').toLowerCase();
}

function denied(request: ConsentRequest, message: string): SkillError {
  const { name, version, digest } = request.package;
  return new SkillError('CAPABILITY_DENIED', message, {
    details: { reason: 'consent', skill: name, version, digest },
  });
}

/** An argument as it can be typed into a shell again. */
export function quote(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Asks for as long as this command runs; nothing is recorded. Off a terminal the answer is no, with the way out. */
export async function askForSession(
  skill: SkillPackage,
  named: string,
  shell: Shell,
): Promise<boolean> {
  if (shell.stdin.isTTY !== true || shell.stderr.isTTY !== true) {
    await say(
      shell,
      `${skill.name} asks for capabilities and gets none: --grant grants what its manifest declares.`,
    );
    return false;
  }
  await say(shell, consentText(skill, named, coloured(shell, shell.stderr)));
  return confirmed(shell);
}
