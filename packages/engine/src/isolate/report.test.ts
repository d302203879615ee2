import { expect, it } from 'vitest';
import type { Detected, Layers, Program } from './layers.ts';
import { describeLayers } from './report.ts';

const machine =
  (layers: Layers, problems: [Program, string][] = []) =>
  async (): Promise<Detected> => ({ layers, problems: new Map(problems) });

const complete: Layers = {
  prlimit: '/usr/bin/prlimit',
  setpriv: '/usr/bin/setpriv',
  nobody: true,
  sandbox: {
    kind: 'bubblewrap',
    path: '/usr/bin/bwrap',
    userNamespace: true,
    seccomp: true,
    files: [],
  },
};

it('a machine with all layers has nothing to be helped with but its Node', async () => {
  const report = await describeLayers(machine(complete));
  expect(report.complete).toBe(true);
  const missing = report.layers.filter(({ present }) => !present).map(({ name }) => name);
  const major = Number(process.versions.node.split('.')[0]);
  expect(missing).toEqual(major >= 25 ? [] : ['no network in Node']);
  for (const { present, by, help } of report.layers) {
    expect([by === null, help === null]).toEqual([!present, present]);
  }
});

it('namespaces without a file system of their own are not complete', async () => {
  const sandbox = { kind: 'unshare', path: '/usr/bin/unshare', userNamespace: true } as const;
  const report = await describeLayers(machine({ ...complete, sandbox }));
  expect(report.complete).toBe(false);
  const byName = new Map(report.layers.map((layer) => [layer.name, layer]));
  expect(byName.get('own processes and network')!.by).toBe('unshare');
  expect(byName.get('own file system')!.present).toBe(false);
  expect(byName.get('system call filter')!.present).toBe(false);
});

it.runIf(process.platform === 'linux')(
  'says how to get what is missing, or why it does not work',
  async () => {
    const report = await describeLayers(
      machine({}, [
        ['prlimit', 'is not installed'],
        ['bwrap', 'No permissions to create new namespace'],
      ]),
    );
    const help = new Map(report.layers.map((layer) => [layer.name, layer.help]));
    expect(help.get('kernel limits')).toContain('util-linux');
    expect(help.get('own file system')).toMatch(/bwrap is installed .*No permissions/);
    expect(report.complete).toBe(false);
  },
);
