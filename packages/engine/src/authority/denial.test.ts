import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { denial, denialCodes, DenialLog } from './denial.ts';

describe('DenialLog', () => {
  it('counts equal denials and keeps the order of the first', () => {
    const log = new DenialLog();
    log.add(denial('FILESYSTEM_NOT_GRANTED', '/a', 'read', 'r'));
    log.add(denial('FILESYSTEM_NOT_GRANTED', '/b', 'read', 'r'));
    log.add(denial('FILESYSTEM_NOT_GRANTED', '/a', 'read', 'r'));
    log.add(denial('FILESYSTEM_NOT_GRANTED', '/a', 'write', 'r'));
    expect(
      log.list().map(({ resource, operation, count }) => [resource, operation, count]),
    ).toEqual([
      ['/a', 'read', 2],
      ['/b', 'read', 1],
      ['/a', 'write', 1],
    ]);
  });

  it('stays small whatever a guest tries', () => {
    const log = new DenialLog(10);
    for (let index = 0; index < 1000; index += 1) {
      log.add(
        denial('NETWORK_NOT_GRANTED', `https://${index}${'x'.repeat(5000)}:443`, 'connect', 'r'),
      );
    }
    expect(log.list()).toHaveLength(10);
    expect(log.unlisted).toBe(990);
    expect(Math.max(...log.list().map((entry) => entry.resource.length))).toBe(1024);
  });
});

it('has every code documented, and no other', () => {
  const text = readFileSync(
    new URL('../../../../docs/reference/manifest.md', import.meta.url),
    'utf8',
  );
  const documented = [...text.matchAll(/^\| `([A-Z]+_[A-Z_]+)` \|/gm)].map((match) => match[1]);
  expect(documented.toSorted()).toEqual([...denialCodes].toSorted());
});
