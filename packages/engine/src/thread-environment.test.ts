import { afterEach, expect, it, vi } from 'vitest';
import { threadEnvironment } from './thread-environment.ts';

afterEach(() => vi.unstubAllEnvs());

it('a thread sees where compiled code is kept, and no other variable', () => {
  vi.stubEnv('NODE_COMPILE_CACHE', '/somewhere');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'canary');
  expect(threadEnvironment()).toEqual({ NODE_COMPILE_CACHE: '/somewhere' });
  vi.stubEnv('NODE_COMPILE_CACHE', undefined);
  expect(threadEnvironment()).toEqual({});
});
