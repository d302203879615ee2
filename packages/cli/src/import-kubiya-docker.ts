/** The docker table of Kubiya's manifest. */
import { type Leave, pathOf } from './import-kubiya-values.ts';
import { literal, type Members, table, textOf } from './import-lines.ts';

const understood = [
  'image',
  'entrypoint',
  'command',
  'volumes',
  'memory',
  'cpus',
  'network',
  'rm',
  'user',
  'read_only',
];

export function dockerLines(
  docker: Members,
  concurrency: number | undefined,
  leave: Leave,
): string[] {
  for (const key of Object.keys(docker)) {
    if (!understood.includes(key)) leave(`.docker.${key}`, 'there is no counterpart');
  }
  const { command, network = 'none', rm = true, read_only: readOnly } = docker;
  const lines = ['runtime = "docker"', `image = ${literal(textOf(docker['image']) ?? '')}`];
  if (docker['entrypoint'] !== undefined) {
    leave('.docker.entrypoint', "the image's own is used; command is left out, too");
  } else if (Array.isArray(command)) {
    lines.push(`command = ${literal(command.map(String))}`);
  }
  if (docker['user'] !== undefined) {
    const user = String(docker['user']);
    if (/^(?:root|0+)(?::|$)|:(?:root|0+)$|\$/u.test(user))
      leave('.docker.user', `${literal(user)} is replaced by 1000:1000`);
    else lines.push(`user = ${literal(user)}`);
  }
  if (typeof readOnly === 'boolean') lines.push(`read_only = ${readOnly}`);
  if (network !== 'none')
    leave('.docker.network', 'name the hosts under capabilities.network instead');
  if (rm !== true) leave('.docker.rm', 'a container is always removed');
  return [
    ...lines,
    ...table('[skills.capabilities]', { volumes: volumesOf(docker['volumes'], leave) }),
    ...table('[skills.resources]', {
      memory: memoryOf(docker['memory'], leave),
      cpu: textOf(docker['cpus']),
      concurrency,
    }),
  ];
}

function volumesOf(volumes: unknown, leave: Leave): string[] {
  if (!Array.isArray(volumes)) return [];
  return (volumes as unknown[]).flatMap((volume) => {
    const [host, guest, mode = 'rw', ...more] = String(volume).split(/:(?![-?])/u);
    const path = pathOf(host, '.docker.volumes', leave);
    if (path === undefined) return [];
    if (/^[~./]/u.test(path) && guest && more.length === 0 && ['ro', 'rw'].includes(mode))
      return [`${path}:${guest}:${mode}`];
    leave('.docker.volumes', `${literal(String(volume))} is not HOST:GUEST or HOST:GUEST:ro`);
    return [];
  });
}

/** Docker's units are powers of 1024 like ours; without one they are bytes. */
function memoryOf(memory: unknown, leave: Leave): string | number | undefined {
  if (memory === undefined) return undefined;
  const [, digits, unit = ''] = /^([0-9]{1,12})([bkmg]?)$/iu.exec(String(memory)) ?? [];
  if (digits === undefined) {
    leave('.docker.memory', `${literal(String(memory))} is no size`);
    return undefined;
  }
  return /^[kmg]$/iu.test(unit) ? `${digits}${unit.toUpperCase()}` : Number(digits);
}
