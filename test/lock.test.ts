import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { completeLock, platformOf } from '../scripts/complete-lock.ts';

const text = readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8');

describe('package-lock.json', () => {
  test('has an entry for every platform of a prebuilt binary, so that npm ci takes it anywhere', () => {
    const { packages } = JSON.parse(text) as { packages: Parameters<typeof completeLock>[0] };
    expect(completeLock(packages)).toEqual([]);
  });

  test('names no host', () => {
    expect(text).not.toMatch(/"resolved": "[a-z]+:/);
  });
});

describe('completing a lock file', () => {
  test('adds what is missing, where the name resolves to nothing or to another version', () => {
    const binaries = {
      'x-linux-x64-musl': '1.0.0',
      'x-darwin-arm64': '1.0.0',
      'x-win32-x64': '1.0.0',
    };
    const packages = {
      'node_modules/x': { version: '1.0.0', dev: true, optionalDependencies: binaries },
      'node_modules/x-darwin-arm64': { version: '2.0.0' },
      'node_modules/x-win32-x64': { version: '1.0.0' },
    };
    expect(completeLock(packages)).toEqual([
      'node_modules/x-linux-x64-musl',
      'node_modules/x/node_modules/x-darwin-arm64',
    ]);
    expect(packages).toMatchObject({
      'node_modules/x-linux-x64-musl': {
        version: '1.0.0',
        dev: true,
        optional: true,
        os: ['linux'],
        cpu: ['x64'],
        libc: ['musl'],
      },
    });
    expect(completeLock(packages)).toEqual([]);
  });

  test('leaves alone what does not say its platform, and ranges', () => {
    const optionalDependencies = { fsevents: '2.3.3', 'x-linux-x64': '^1.0.0' };
    expect(completeLock({ 'node_modules/x': { version: '1.0.0', optionalDependencies } })).toEqual(
      [],
    );
  });

  test.each([
    ['@a/binding-linux-arm-gnueabihf', { os: ['linux'], cpu: ['arm'], libc: ['glibc'] }],
    ['@a/binding-win32-arm64-msvc', { os: ['win32'], cpu: ['arm64'] }],
    ['@a/binding-wasm32-wasi', { cpu: ['wasm32'] }],
    ['@a/binding', {}],
  ])('%s', (name, platform) => {
    expect(platformOf(name)).toEqual(platform);
  });
});
