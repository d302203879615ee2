/**
 * Each layer of the operating system alone, around an attacker whom nothing else holds: what it stops, and what it
 * lets pass. A machine that lacks a layer skips its tests, and says so in their names.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { detectLayers } from '../../packages/engine/src/isolate/layers.ts';
import { allAttempts, Host, type Attempt } from './layer-attacks.ts';
import { variants, type VariantName } from './layer-variants.ts';

/** What namespaces of one's own leave of the host's network and processes. */
const outside: readonly Attempt[] = [
  'connect to the host by TCP',
  'connect to the host by an abstract socket',
  'signal a process of the host',
  'see a process of the host',
];

const files: readonly Attempt[] = [
  'read a public file of the host',
  'read a private file of the host',
  'read the list of users',
  'change a file of the host',
  'fill a disk',
];

const kernelLimits: readonly Attempt[] = [
  'change a file of the host',
  'fill a disk',
  'open 100 descriptors',
  'take 2 GiB of memory',
];

const filter: readonly Attempt[] = ['open a socket of its own', 'start a process'];

const ofRoot: readonly Attempt[] = ['read a private file of the host', 'change a file of the host'];

const stops: Readonly<Record<VariantName, readonly Attempt[]>> = {
  nothing: [],
  prlimit: kernelLimits,
  setpriv: [],
  'setpriv, as nobody': ['signal a process of the host', ...ofRoot],
  unshare: outside,
  'unshare, as nobody': [...outside, ...ofRoot],
  bubblewrap: [...outside, ...files],
  'bubblewrap, as nobody': [...outside, ...files],
  'bubblewrap by root, for nobody': [...outside, ...files],
  'bubblewrap with a system call filter': [...outside, ...files, ...filter],
};

let host: Host;
beforeAll(async () => {
  host = await new Host().open();
});
afterAll(() => host[Symbol.asyncDispose]());

describe('one layer alone stops what it should, and nothing else', () => {
  for (const [name, { title, layers, missing }] of variants) {
    it.skipIf(missing)(title, async () => {
      const report = await host.attack(layers);
      expect(allAttempts.filter((attempt) => !report.worked.includes(attempt))).toEqual(
        allAttempts.filter((attempt) => stops[name].includes(attempt)),
      );
      expect(report.thread).toBe(true);
      if (layers.nobody) expect(report.uid).toBe(65_534);
      if (layers.sandbox?.kind === 'bubblewrap') {
        expect(report.status).toBe('');
        expect(report.root).not.toContain('etc');
        expect(report.root).not.toContain('proc');
        expect(report.environment).toEqual(['PWD']);
      } else if (layers.setpriv) {
        expect(report.status).toMatch(/^NoNewPrivs:\t1$/m);
        if (layers.nobody) expect(report.status).toMatch(/^CapBnd:\t0+$/m);
      }
    });
  }
});

it('all layers of this machine together stop all that they stop alone', async () => {
  const { layers } = await detectLayers();
  const report = await host.attack(layers);
  const { sandbox } = layers;
  const stopped = [
    ...(layers.prlimit ? kernelLimits : []),
    ...(layers.nobody ? stops['setpriv, as nobody'] : []),
    ...(sandbox ? outside : []),
    ...(sandbox?.kind === 'bubblewrap' ? files : []),
    ...(sandbox?.kind === 'bubblewrap' && sandbox.seccomp ? filter : []),
  ];
  expect(report.worked).toEqual(allAttempts.filter((attempt) => !stopped.includes(attempt)));
});
