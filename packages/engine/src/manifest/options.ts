/** Capabilities that do not come from a manifest: a ceiling given by the embedding program, a grant of the lock file. */
import { capabilities, restriction } from './capabilities.ts';
import { invalid, Place, type Form } from './form.ts';
import { nodeOf } from './node.ts';
import { Report } from './problem.ts';
import type { CapabilityRestriction, DeclaredCapabilities } from './types.ts';

function readValue<T>(form: Form<T>, value: unknown, label: string): T {
  const report = new Report(label);
  const result = form.read(nodeOf(value), new Place(report, ''));
  if (result === invalid || report.failed) throw report.error('INVALID_OPTIONS');
  return result;
}

/**
 * A maximum in the forms of `[skills.capabilities]`, as a value. Closed: an area that is absent gives nothing.
 * Use it for a ceiling and for what an operator granted.
 *
 * @param label what errors call the value, such as `ceiling`
 * @throws SkillError INVALID_OPTIONS
 */
export function readCapabilities(value: unknown, label: string): DeclaredCapabilities {
  return readValue(capabilities('docker'), value, label);
}

/** The same forms, but an area that is absent is not restricted, as in `[skills.overrides]`. */
export function readRestriction(value: unknown, label: string): CapabilityRestriction {
  return readValue(restriction, value, label);
}
