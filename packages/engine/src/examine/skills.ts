/** Installed skills against their lock: what would not load, or not do what one may think. */
import { escapeText } from '../audit/escape.ts';
import { isCommandModule } from '../component/command-module.ts';
import { surveyComponent } from '../component/survey.ts';
import { SkillError } from '../errors.ts';
import { assertSigned } from '../install/candidate.ts';
import {
  type InstalledSkill,
  type StoreOptions,
  storesOf,
  verifyStored,
} from '../install/installed.ts';
import { signatureName } from '../install/package-files.ts';
import type { SkillStore, StoredSkill } from '../install/store.ts';
import { componentOf } from '../load.ts';
import type { StatePlaces } from '../places.ts';
import { checkSignature } from '../trust/signature.ts';
import { TrustSettings, type TrustState } from '../trust/settings.ts';
import { type Check, fine, messageOf, problem, warning } from './check.ts';

/** Larger components load slowly, and most of what is in them is debug information. */
const COMPONENT_BYTES = 20 * 1024 * 1024;

export async function examineSkills(options: StoreOptions, places: StatePlaces): Promise<Check[]> {
  const checks: Check[] = [];
  let trust: TrustState = { keys: [], signed: [] };
  try {
    trust = await new TrustSettings(places.data).read();
  } catch (error) {
    checks.push(
      problem('trust', messageOf(error), 'No installed skill loads.', 'Run: skill trust list'),
    );
  }
  let count = 0;
  const stores = storesOf(options);
  // Whoever stands in the state directory has no project there.
  const distinct = stores.filter(
    ({ scope, lockFile }) =>
      scope === 'user' ||
      stores.every((other) => other.scope === scope || other.lockFile !== lockFile),
  );
  for (const store of distinct) {
    try {
      for (const stored of await store.list()) {
        count += 1;
        checks.push(...(await examineSkill(store, stored, trust)));
      }
    } catch (error) {
      checks.push(
        problem(
          `skills of the ${store.scope}`,
          messageOf(error),
          'None of the skills in this lock loads.',
          `Restore ${store.lockFile}, or remove it and install its skills again.`,
        ),
      );
    }
  }
  return count === 0 && checks.length === 0 ? [fine('skills', 'none are installed')] : checks;
}

async function examineSkill(
  store: SkillStore,
  stored: StoredSkill,
  trust: TrustState,
): Promise<Check[]> {
  const { entry } = stored;
  const name = `skill ${entry.name}`;
  let skill: InstalledSkill;
  try {
    skill = await verifyStored(store, stored);
    if (trust.signed.includes(skill.trust)) {
      const file = skill.source.files?.get(signatureName);
      const signature = checkSignature(file, entry.digest, trust.keys);
      assertSigned(entry.name, skill.trust, signature, trust.signed);
    }
  } catch (error) {
    const { code, message } = SkillError.from(error);
    const help = `Find out who changed it, then install it again: skill install ${escapeText(entry.source)}`;
    return [problem(name, message, `It does not load (${code}).`, help)];
  }
  const checks = [...standing(name, skill), ...substance(name, skill)];
  const found = `${entry.version}, ${skill.trust}, as it was installed`;
  return checks.length === 0 ? [fine(name, found)] : checks;
}

function standing(name: string, { entry, trust, approved }: InstalledSkill): Check[] {
  if (trust === 'quarantine') {
    const help = `When you trust it: skill trust set ${entry.name} untrusted. Else: skill remove ${entry.name}`;
    return [warning(name, 'is quarantined', 'It never runs.', help)];
  }
  if (approved) return [];
  return [
    warning(
      name,
      'was not approved on this machine as it stands',
      'It does not load before somebody accepts what it asks for.',
      `See it, then run it on a terminal: skill inspect ${entry.name}`,
    ),
  ];
}

function substance(name: string, { entry, source }: InstalledSkill): Check[] {
  if (source.manifest.runtime !== 'wasm') return [];
  const again = `Build it anew, then: skill update ${entry.name}`;
  try {
    const component = componentOf(source);
    if (!('bytes' in component)) return [];
    const { bytes } = component;
    const checks: Check[] = [];
    if (bytes.length > COMPONENT_BYTES) {
      const size = `its component has ${Math.ceil(bytes.length / 1024 / 1024)} MiB`;
      const help = `Build it without debug information, then: skill update ${entry.name}`;
      checks.push(warning(name, size, 'Its first load is slow, and it takes memory.', help));
    }
    if (!isCommandModule(bytes) && surveyComponent(bytes).exports.every(isNoTool)) {
      checks.push(
        problem(name, 'its component exports nothing to call', 'It has no tool at all.', again),
      );
    }
    return checks;
  } catch (error) {
    return [problem(name, messageOf(error), 'It does not load.', again)];
  }
}

function isNoTool({ kind }: { readonly kind: string }): boolean {
  return kind !== 'function' && kind !== 'instance';
}
