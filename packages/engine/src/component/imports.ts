import { SkillError } from '../errors.ts';
import { parseInterfaceName } from './names.ts';
import type { ComponentMember } from './survey-externs.ts';
import type { ComponentSurvey } from './survey.ts';

/**
 * WASI 0.2 interfaces that the host provides. Network ones are provided too: without a grant each call is refused with
 * WASI's own error. Patch versions of 0.2 only added functions; 0.2.0 to 0.2.12 are known here.
 */
const wasi = new Map<string, readonly string[]>([
  [
    'cli',
    [
      'environment',
      'exit',
      'stdin',
      'stdout',
      'stderr',
      'terminal-input',
      'terminal-output',
      'terminal-stdin',
      'terminal-stdout',
      'terminal-stderr',
    ],
  ],
  ['clocks', ['monotonic-clock', 'wall-clock']],
  ['filesystem', ['types', 'preopens']],
  ['io', ['error', 'poll', 'streams']],
  ['random', ['random', 'insecure', 'insecure-seed']],
  [
    'sockets',
    [
      'network',
      'instance-network',
      'ip-name-lookup',
      'tcp',
      'tcp-create-socket',
      'udp',
      'udp-create-socket',
    ],
  ],
  ['http', ['types', 'outgoing-handler']],
]);
const highestPatch = 12;

/** Drafts of `wasi:config` that components in use import; all have `get` and `get-all`. */
const configInterfaces = [
  'wasi:config/store@0.2.0-rc.1',
  'wasi:config/store@0.2.0-draft',
  'wasi:config/runtime@0.2.0-draft',
];

/** Functions of the flat world. */
const flatImports = ['get-config', 'get-all-config'];

/** Whether the engine itself provides an import of this name. */
export function isProvidedWasi(name: string): boolean {
  if (flatImports.includes(name)) return true;
  const parsed = parseInterfaceName(name);
  if (parsed === undefined || parsed.namespace !== 'wasi') return false;
  if (parsed.package === 'config') return configInterfaces.includes(name);
  const patch = /^0\.2\.([0-9]{1,2})$/u.exec(parsed.version ?? '')?.[1];
  if (patch === undefined || Number(patch) > highestPatch) return false;
  return wasi.get(parsed.package)?.includes(parsed.interface) === true;
}

/**
 * Refuses a component that imports what nobody provides.
 *
 * @throws SkillError `COMPONENT_IMPORT_UNKNOWN`, with every such import
 */
export function checkImports(
  survey: Pick<ComponentSurvey, 'imports'>,
  provided: (name: string) => boolean = isProvidedWasi,
): void {
  const unknown = survey.imports
    .filter((entry) => !(entry.kind === 'type' || (isCallable(entry) && provided(entry.name))))
    .map((entry) => ({ name: entry.name, reason: reasonFor(entry) }));
  if (unknown.length === 0) return;
  const lines = unknown.map((entry) => `  ${entry.name} (${entry.reason})`).join('\n');
  throw new SkillError(
    'COMPONENT_IMPORT_UNKNOWN',
    `The component imports what this host does not provide:\n${lines}\n` +
      'Provided are the interfaces of WASI 0.2. Build the component without these imports, or offer them as host interfaces.',
    { details: { imports: unknown } },
  );
}

/** Interfaces come as instances, plain names as functions; a host offers nothing else. */
function isCallable(entry: ComponentMember): boolean {
  return entry.kind === (entry.name.includes(':') ? 'instance' : 'function');
}

function reasonFor(entry: ComponentMember): string {
  const parsed = parseInterfaceName(entry.name);
  if (parsed === undefined) return `a plain ${entry.kind}`;
  if (!isCallable(entry)) return `imported as a ${entry.kind}, offered as an instance`;
  if (parsed.namespace !== 'wasi') return 'not a WASI interface';
  if (wasi.get(parsed.package)?.includes(parsed.interface) !== true) return 'not provided';
  return `version ${parsed.version ?? 'missing'}; 0.2.0 to 0.2.${highestPatch} are provided`;
}
