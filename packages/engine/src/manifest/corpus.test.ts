import { readdirSync, readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { SkillError } from '../errors.ts';
import { parseManifest } from './manifest.ts';
import type { Problem } from './problem.ts';

const corpus = new URL('corpus/', import.meta.url);

function files(folder: string): string[] {
  return readdirSync(new URL(folder, corpus)).filter((name) => name.endsWith('.toml'));
}

function read(folder: string, name: string): string {
  return readFileSync(new URL(`${folder}/${name}`, corpus), 'utf8');
}

/** Source positions on one line each, so that the snapshots stay readable. */
function shown(manifest: unknown): string {
  const compact = (key: string, value: unknown): unknown => {
    if (key !== 'source' || typeof value !== 'object' || value === null) return value;
    const { line, column, keyPath } = value as Problem;
    return `${line}:${column} ${keyPath}`;
  };
  return `${JSON.stringify(manifest, compact, 2)}\n`;
}

describe('valid manifests', () => {
  it.each(files('valid'))('%s', async (name) => {
    const manifest = parseManifest(read('valid', name), { file: name });
    await expect(shown(manifest)).toMatchFileSnapshot(
      `./corpus/valid/${name.replace('.toml', '.json')}`,
    );
  });
});

describe('wrong manifests', () => {
  it('are at least 60', () => {
    expect(files('wrong').length).toBeGreaterThanOrEqual(60);
  });

  it.each(files('wrong'))('%s', async (name) => {
    let caught: unknown;
    try {
      parseManifest(read('wrong', name), { file: name });
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(SkillError);
    const { code, message, details } = caught as SkillError;
    expect(code).toBe(name.startsWith('syntax-') ? 'MANIFEST_SYNTAX' : 'MANIFEST_INVALID');
    const problems = details?.['problems'] as readonly Problem[];
    expect(problems.length).toBeGreaterThan(0);
    expect(message).toBe(problems.map((problem) => problem.message).join('\n'));
    expect(message).toMatch(/^[\n\u0020-\u007e…]*$/);
    await expect(`${code}\n${message}\n`).toMatchFileSnapshot(
      `./corpus/wrong/${name.replace('.toml', '.txt')}`,
    );
  });
});
