import type { Hook, HookCall } from '../hook.ts';
import { toolMatcher } from '../pattern.ts';

/** What {@link readOnly} takes. */
export interface ReadOnlyOptions {
  /** Tools that pass all the same, as patterns. Default: none. */
  readonly except?: readonly string[];
}

/**
 * Denies every tool whose guest could change something outside of itself: a file grant for writing, any network,
 * a credential, a host interface, a writable volume, a command of the machine. It judges what the guest may do and not what it will: a
 * network that is granted can carry data out, whatever the method is called.
 *
 * @throws SkillError INVALID_OPTIONS for a bad pattern
 */
export function readOnly({ except = [] }: ReadOnlyOptions = {}): Hook {
  const isExempt = toolMatcher(except, 'except');
  return {
    name: 'read-only',
    before(call) {
      const powers = isExempt(call.skill, call.tool) ? [] : changingPowers(call);
      if (powers.length === 0) return { decision: 'allow' };
      return {
        decision: 'deny',
        reason: `the engine is in read-only mode, and the skill may ${powers.join(', ')}`,
      };
    },
  };
}

function changingPowers({ runtime, effective }: HookCall): string[] {
  const { filesystem, network, credentials, interfaces, volumes } = effective;
  const mayConnect =
    network.layers.length > 0 && network.layers.every(({ rules }) => rules.length > 0);
  return [
    runtime === 'native' ? 'run commands of this machine' : '',
    filesystem.grants.some(({ access }) => access !== 'read') ? 'write files' : '',
    mayConnect ? 'use the network' : '',
    credentials.length > 0 ? 'use credentials' : '',
    interfaces.length > 0 ? 'call host interfaces' : '',
    volumes.some(({ access }) => access !== 'read') ? 'write volumes' : '',
  ].filter((power) => power !== '');
}
