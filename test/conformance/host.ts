/** The engine's own road from a file to a run, taken apart where a public suite needs a step between. */
import { Supervisor } from '../../packages/engine/src/broker/client.ts';
import { effective } from '../../packages/engine/src/authority/effective.ts';
import type { PreparedComponent } from '../../packages/engine/src/component/prepare.ts';
import { limitsOf } from '../../packages/engine/src/limits/limits.ts';
import { parseManifest } from '../../packages/engine/src/manifest/manifest.ts';
import { runGuest, type RunOutcome } from '../../packages/engine/src/run.ts';

export interface Call {
  readonly arguments?: readonly string[];
  readonly environment?: readonly (readonly [string, string])[];
  /** Absolute path of the one directory that is granted, read and write. */
  readonly root?: string | undefined;
}

/** What a manifest with these lines gives. */
function read(lines: string) {
  const text = `[skill]\nname = "suite"\ncomponent = "suite.wasm"\n${lines}`;
  return parseManifest(text, { file: 'skill.toml' }).skills[0]!;
}

const limits = limitsOf(read('').resources);

/** Starts an isolate for a component, as the engine does. */
export function openPool(supervisor: Supervisor, component: PreparedComponent): Promise<number> {
  const glue = new TextEncoder().encode(component.glue);
  const blob = Buffer.concat([glue, ...component.modules.values()]);
  const run = component.exports.find(({ name }) => name.startsWith('wasi:cli/run@'));
  return supervisor.open({
    memoryBytes: limits.memoryBytes,
    size: 1,
    load: {
      blob,
      message: {
        shape: 'command',
        exportName: run?.name ?? 'nothing',
        glueBytes: glue.length,
        modules: [...component.modules].map(([name, { length }]) => ({ name, bytes: length })),
      },
    },
  });
}

/** Runs a command with the default limits and exactly one grant. */
export function runCommand(supervisor: Supervisor, pool: number, call: Call): Promise<RunOutcome> {
  const grant =
    call.root === undefined
      ? ''
      : `[skill.capabilities.filesystem]\nwrite = [${JSON.stringify(call.root)}]\n`;
  const declared = read(grant).capabilities;
  return runGuest(supervisor, pool, {
    tool: 'run',
    command: true,
    limits,
    authority: effective({ declared, granted: 'declared' }, { baseDir: '/' }),
    arguments: call.arguments ?? [],
    environment: call.environment ?? [],
  });
}

/**
 * The suite's programs expect their directory under the name `/`; the engine's guests see it under its path on the
 * host. Only that name changes here, in the generated code: everything behind it is the product's.
 */
export function namedAsRoot(component: PreparedComponent): PreparedComponent {
  const glue = `((instantiate) => (getCoreModule, imports, instantiateCore) => {
    const renamed = { ...imports };
    for (const [name, given] of Object.entries(imports)) {
      if (name.startsWith('wasi:filesystem/preopens'))
        renamed[name] = { getDirectories: () => given.getDirectories().map(([directory]) => [directory, '/']) };
    }
    return instantiate(getCoreModule, renamed, instantiateCore);
  })(${component.glue.replace(/;\s*$/u, '')})`;
  return { ...component, glue };
}

/**
 * Makes a command of any component that only instantiates it: no export is called. Imports that the host does not
 * have are stood in for by things that can be taken for functions, classes and interfaces alike.
 */
export function instantiateOnly(component: PreparedComponent): PreparedComponent {
  const glue = `((instantiate) => (getCoreModule, imports, instantiateCore) => {
    const anything = (target) => new Proxy(target, {
      get: (object, key) => key in object ? object[key] : key === Symbol.dispose ? undefined : stub,
    });
    const stub = anything(class { });
    Object.setPrototypeOf(stub.prototype, anything({}));
    instantiate(getCoreModule, anything({ ...imports }), instantiateCore);
    return { nothing: { run: () => {} } };
  })(${component.glue.replace(/;\s*$/u, '')})`;
  return { ...component, glue, exports: [{ name: 'nothing', kind: 'instance' }] };
}
