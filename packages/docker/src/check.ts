/** What a manifest asks of a container that it does not get: said when the skill is opened, never left out silently. */
import {
  SkillError,
  type DockerSkillManifest,
  type EffectiveAuthority,
} from '@skill-engine/engine';
import { wantedMounts, type Wanted } from './mounts.ts';
import { covers, hasSpecialCharacters } from './paths.ts';
import { refusedTarget } from './places.ts';

/** @throws SkillError RUNTIME_UNSUPPORTED */
export function checkSkill(manifest: DockerSkillManifest, authority: EffectiveAuthority): void {
  checkNetwork(authority);
  checkMounts(authority);
  if (authority.interfaces.length > 0) {
    throw unsupported(
      'it asks for interfaces of the embedding program, which only components can call',
      'Remove capabilities.interfaces, or make the skill a component',
    );
  }
  if (manifest.docker.privileged) throw unsupported('it is privileged', 'Remove privileged');
}

/** Every layer has to allow a connection, so one without rules allows none. */
function checkNetwork({ network }: EffectiveAuthority): void {
  const { layers } = network;
  if (layers.length === 0 || layers.some(({ rules }) => rules.length === 0)) return;
  throw unsupported(
    'it asks for hosts of the network, and a container engine opens the network as a whole or not at all: ' +
      'it cannot judge connections by host, port and address',
    'Make the skill a component, whose connections are judged one by one; or remove capabilities.network and pass ' +
      'what it needs as parameters or files',
  );
}

function checkMounts(authority: EffectiveAuthority): void {
  const { grants, forbidden } = authority.filesystem;
  const targets = new Set<string>();
  for (const { path, target } of wantedMounts(authority)) {
    for (const each of [path, target]) {
      if (hasSpecialCharacters(each))
        throw unsupported(
          `the path ${JSON.stringify(each)} has characters that are part of the syntax of mounts`,
          'Rename it',
        );
    }
    const why = refusedTarget(target);
    if (why !== undefined)
      throw unsupported(
        `it mounts at ${target}, where nothing is mounted: ${why}`,
        'Choose another path',
      );
    if (targets.has(target))
      throw unsupported(`it mounts twice at ${target}`, 'Choose another path for one of the two');
    targets.add(target);
  }
  for (const { path } of grants) {
    const hidden = forbidden.find((entry) => covers(path, entry));
    if (hidden !== undefined)
      throw unsupported(
        `${path} is granted and ${hidden} in it is forbidden, and a directory is mounted whole`,
        'Grant the directories in it that are meant',
      );
  }
  checkNested(wantedMounts(authority));
}

/** A guest that may rename the way to something has it lead elsewhere at the next call. */
function checkNested(wanted: readonly Wanted[]): void {
  for (const outer of wanted.filter(({ readOnly }) => !readOnly)) {
    const inner = wanted.find(
      ({ path, target }) =>
        (path !== outer.path && covers(outer.path, path)) ||
        (target !== outer.target && covers(outer.target, target)),
    );
    if (inner !== undefined)
      throw unsupported(
        `${outer.path} may be written and ${inner.path} in it is granted by itself, and a directory is mounted whole`,
        'Grant the directories in it that are meant, or the outer one alone',
      );
  }
}

/**
 * A volume of the image in what is mounted would be made there, on the host.
 *
 * @throws SkillError RUNTIME_UNSUPPORTED
 */
export function checkVolumes(volumes: readonly string[], authority: EffectiveAuthority): void {
  for (const { target } of wantedMounts(authority)) {
    const inner = volumes.find((path) => path !== target && covers(target, path));
    if (inner !== undefined)
      throw unsupported(
        `its image declares a volume at ${inner}, in ${target}, where it mounts`,
        'Choose another path',
      );
  }
}

function unsupported(why: string, way: string): SkillError {
  return new SkillError(
    'RUNTIME_UNSUPPORTED',
    `The skill cannot run in a container: ${why}. ${way}.`,
  );
}
