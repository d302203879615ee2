/** What leaves by telemetry: counts and names, and nothing of what was said. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Meter, Tracer } from '@opentelemetry/api';
import { afterAll, expect, it } from 'vitest';
import {
  createEngine,
  MemoryAuditStore,
  type EngineOptions,
  type TelemetryCallback,
  type TelemetryMeter,
  type TelemetryOptions,
  type TelemetryTracer,
} from '../../packages/engine/src/index.ts';
import { buildGuest } from '../guests/build.ts';

const home = mkdtempSync(join(tmpdir(), 'skill-telemetry-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const open = (options: EngineOptions) =>
  createEngine({ home, audit: new MemoryAuditStore(), ...options });

/** Keeps every argument of every call. */
function recorder() {
  const points: [name: string, value: number, attributes: Record<string, unknown>][] = [];
  const spans: Record<string, unknown>[] = [];
  const all: unknown[] = [];
  const telemetry: Required<TelemetryOptions> = {
    meter: {
      createCounter: (name, ...more) => {
        all.push(name, more);
        return { add: (...point) => void (points.push([name, ...point]), all.push(point)) };
      },
      createHistogram: (name, ...more) => {
        all.push(name, more);
        return { record: (...point) => void (points.push([name, ...point]), all.push(point)) };
      },
    },
    tracer: {
      startSpan: (name, options) => {
        const span: Record<string, unknown> = { name, ...options.attributes, ended: 0 };
        spans.push(span);
        all.push(name, options);
        return {
          setAttributes: (attributes) =>
            void (Object.assign(span, attributes), all.push(attributes)),
          setStatus: (status) =>
            void (Object.assign(span, { code: status.code }), all.push(status)),
          end: (...more) => void ((span['ended'] = Number(span['ended']) + 1), all.push(more)),
        };
      },
    },
  };
  return { telemetry, points, spans, all };
}

it('observes which loaded skills are degraded, for as long as the engine is open', async () => {
  const { telemetry } = recorder();
  const callbacks = new Set<TelemetryCallback>();
  const observed = () => {
    const values: Record<string, number> = {};
    for (const callback of callbacks) {
      callback({
        observe: (value, labels) => void (values[`${labels['skill_engine.skill']}`] = value),
      });
    }
    return values;
  };
  const meter: TelemetryMeter = {
    ...telemetry.meter,
    createObservableGauge(name) {
      expect(name).toBe('skill_engine.skill.degraded');
      return {
        addCallback: (callback) => void callbacks.add(callback),
        removeCallback: (callback) => void callbacks.delete(callback),
      };
    },
  };
  const engine = await open({ telemetry: { meter } });
  await engine.load(await buildGuest('answer'));
  await engine.load(await buildGuest('trap'));
  expect(observed()).toEqual({ answer: 0, trap: 0 });
  const trap = engine.tools().find(({ skill }) => skill === 'trap')!;
  await engine.execute('trap', trap.name, {});
  expect(observed()).toEqual({ answer: 0, trap: 1 });
  await engine.close();
  expect(callbacks.size).toBe(0);
});

it('counts, measures and traces every invocation, by skill, tool and status', async () => {
  const { telemetry, points, spans } = recorder();
  await using engine = await open({ telemetry });
  await engine.load(await buildGuest('answer'));
  await engine.load(await buildGuest('trap'));
  const good = await engine.execute('answer', 'run', {});
  const trap = engine.tools().find(({ skill }) => skill === 'trap')!;
  const bad = await engine.execute('trap', trap.name, {});
  const of = (name: string) =>
    points.filter((point) => point[0] === name).map(([, value, labels]) => ({ value, ...labels }));
  const success = {
    'skill_engine.skill': 'answer',
    'skill_engine.tool': 'run',
    'skill_engine.status': 'success',
  };
  const failure = { 'skill_engine.skill': 'trap', 'skill_engine.status': 'failure' };
  expect(of('skill_engine.executions')).toEqual([
    { value: 1, ...success },
    { value: 1, ...failure, 'skill_engine.tool': trap.name, 'error.type': 'GUEST_TRAP' },
  ]);
  expect(of('skill_engine.execution.duration')).toMatchObject([
    { value: good.durationMs, ...success },
    { value: bad.durationMs, ...failure },
  ]);
  expect(of('skill_engine.execution.fuel')[0]).toEqual({ value: good.fuelUsed, ...success });
  expect(spans).toMatchObject([
    { ...success, code: 1, ended: 1, 'skill_engine.execution_id': good.executionId },
    { ...failure, code: 2, ended: 1, 'error.type': 'GUEST_TRAP' },
  ]);
});

it('counts denials by their code, without what was asked for', async () => {
  const { telemetry, points, all } = recorder();
  await using engine = await open({ telemetry });
  await engine.load('skills-wasm/hash-files', { grant: 'declared' });
  const result = await engine.execute('hash-files', 'run', { args: ['/secret-folder'] });
  expect(result.error?.code).toBe('CAPABILITY_DENIED');
  const denied = result.denials.reduce((sum, { count }) => sum + count, 0);
  const counted = points.filter(([name]) => name === 'skill_engine.denials');
  expect(counted.reduce((sum, [, value]) => sum + value, 0)).toBe(denied);
  expect(denied).toBeGreaterThan(0);
  for (const [, , labels] of counted) {
    expect(result.denials.map(({ code }) => code)).toContain(labels['skill_engine.denial']);
  }
  expect(JSON.stringify(all)).not.toContain('secret-folder');
});

it('never sends parameters, values, users, error texts or names that a caller made up', async () => {
  const { telemetry, spans, all } = recorder();
  await using engine = await open({
    telemetry,
    hooks: [
      {
        name: 'reasons',
        before: ({ tool }) =>
          tool === 'run' ? { decision: 'deny', reason: 'canary-reason' } : { decision: 'allow' },
      },
    ],
  });
  await engine.load(await buildGuest('answer'));
  const options = { user: 'canary-user', caller: { program: 'canary-caller' } };
  await engine.execute('answer', 'run', { args: ['canary-parameter'] }, options);
  await engine.execute('answer', 'canary-tool', { wrong: 'canary-parameter' }, options);
  await engine.execute('canary-skill', 'run', { wrong: 'canary-parameter' }, options);
  await engine.close();
  await expect(engine.execute('canary-skill', 'run', {}, options)).rejects.toThrow(
    'The engine is closed.',
  );
  expect(spans.map((span) => span['error.type'])).toEqual([
    'POLICY_DENIED',
    'TOOL_NOT_FOUND',
    'SKILL_NOT_FOUND',
    'ENGINE_CLOSED',
  ]);
  expect(spans.every(({ ended }) => ended === 1)).toBe(true);
  expect(JSON.stringify(all)).not.toContain('canary');
});

it('is harmed by nothing that a telemetry object throws', async () => {
  const fail = (): never => {
    throw new Error('the exporter is broken');
  };
  const late = () => Promise.reject(new Error('the exporter is broken')) as never;
  const span = { setAttributes: fail, setStatus: fail, end: fail };
  const broken: TelemetryOptions[] = [
    { meter: { createCounter: fail, createHistogram: fail }, tracer: { startSpan: fail } },
    {
      meter: { createCounter: () => ({ add: fail }), createHistogram: () => ({ record: fail }) },
      tracer: { startSpan: () => span },
    },
    {
      meter: { createCounter: () => ({ add: late }), createHistogram: () => ({ record: late }) },
      tracer: { startSpan: () => ({ setAttributes: late, setStatus: late, end: late }) },
    },
    {
      get meter() {
        return fail();
      },
      get tracer() {
        return fail();
      },
    },
    { meter: {}, tracer: { startSpan: () => undefined } } as unknown as TelemetryOptions,
  ];
  for (const telemetry of broken) {
    await using engine = await open({ telemetry });
    await engine.load(await buildGuest('answer'));
    expect(await engine.execute('answer', 'run', {})).toMatchObject({ ok: true, value: 42 });
    expect(engine.metrics().executions).toBe(1);
  }
});

it('takes the objects of @opentelemetry/api, which is no dependency', () => {
  const fits = (meter: Meter, tracer: Tracer): [TelemetryMeter, TelemetryTracer] => [meter, tracer];
  expect(fits).toBeTypeOf('function');
});
