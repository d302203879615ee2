/** What an update changes, in the terms that consent is given in. */
import semver from 'semver';
import { canonicalJson, ruleKey } from '../authority/canonical.ts';
import type { Places } from '../authority/types.ts';
import type { ToolInfo } from '../execution.ts';
import type { DeclaredCapabilities } from '../manifest/types.ts';
import { capabilityWords } from '../trust/plain-words.ts';
import type { RunsOutside } from '../trust/runs-outside.ts';

/** What a version of a skill asks for. */
export interface Asked {
  readonly declared: DeclaredCapabilities;
  readonly places: Places;
  /** What it runs outside of the sandbox; `undefined` for a component. */
  readonly runs?: RunsOutside | undefined;
}

/** What {@link capabilityDifference} found, one line for each item. */
export interface CapabilityDifference {
  /** Lines that only the new one has. */
  readonly added: readonly string[];
  /** Lines that only the old one has. */
  readonly removed: readonly string[];
  /** True if anything is asked for, or let off, that was not before. What cannot be compared counts as wider. */
  readonly wider: boolean;
}

/** What a newer version of a skill asks for that the older did not, and the reverse. */
export function capabilityDifference(before: Asked, after: Asked): CapabilityDifference {
  const [old, new_] = [wordsOf(before), wordsOf(after)];
  const added = new_.filter((word) => !old.includes(word));
  const removed = old.filter((word) => !new_.includes(word));
  const gains = isMore(givenBy(after), givenBy(before));
  const losses = isMore(withheldBy(before), withheldBy(after));
  return { added, removed, wider: gains || losses };
}

function isMore(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return [...one].some((item) => !other.has(item));
}

function wordsOf({ declared, places, runs }: Asked): string[] {
  return capabilityWords(declared, places, runs).groups.flatMap(({ verb, items }) =>
    items.map((item) => `${verb} ${item}`),
  );
}

/** Everything that gives something, one text each. */
function givenBy(asked: Asked): Set<string> {
  const { network, environment, credentials } = asked.declared;
  const words = wordsOf(asked).filter((word) => !word.startsWith('never touch '));
  return new Set([
    ...words,
    ...network.rules.map((rule) => `rule ${ruleKey(rule)}`),
    `dns ${network.dns ?? 'system'}`,
    ...credentials.map((entry) => `credential ${ruleKey(entry)}`),
    // Their order counts, so another list may let more pass.
    `patterns ${canonicalJson(environment.patterns)}`,
  ]);
}

/** Everything that takes something away. */
function withheldBy(asked: Asked): Set<string> {
  const { environment } = asked.declared;
  return new Set([
    ...wordsOf(asked).filter((word) => word.startsWith('never touch ')),
    ...environment.blocklist,
  ]);
}

/** What {@link toolDifference} found, by names of tools. */
export interface ToolDifference {
  /** Tools that only the new one has. */
  readonly added: readonly string[];
  /** Tools that only the old one has. */
  readonly removed: readonly string[];
  /** Whose description or parameters differ. */
  readonly changed: readonly string[];
}

/** Which tools a newer version has that the older had not, and the reverse. */
export function toolDifference(
  before: readonly ToolInfo[],
  after: readonly ToolInfo[],
): ToolDifference {
  const table = (tools: readonly ToolInfo[]): Map<string, string> =>
    new Map(
      tools.map(({ name, description, parameters }) => [
        name,
        canonicalJson({ description, parameters }),
      ]),
    );
  const [old, new_] = [table(before), table(after)];
  return {
    added: [...new_.keys()].filter((name) => !old.has(name)),
    removed: [...old.keys()].filter((name) => !new_.has(name)),
    changed: [...new_]
      .filter(([name, text]) => old.has(name) && old.get(name) !== text)
      .map(([name]) => name),
  };
}

/** Whether `after` is an older version than `before`, as semantic versions are ordered. */
export function isDowngrade(before: string, after: string): boolean {
  return semver.lt(after, before);
}
