/** Random WIT types, and for each of them random values in the JSON form that the engine writes. */
import * as fc from 'fast-check';
import type { EchoType } from './echo.ts';

export interface Generated extends EchoType {
  readonly value: fc.Arbitrary<unknown>;
  /** Whether `null` is a JSON form of it. */
  readonly nullable: boolean;
}

/** A type still without names: given a source of them, it declares what it needs. */
type Draft = (fresh: () => string) => Generated;

const plain = (reference: string, value: fc.Arbitrary<unknown>): Draft => {
  return () => ({ declarations: '', reference, value, nullable: false });
};

const whole = (low: number, high: number) =>
  fc.oneof(fc.integer({ min: low, max: high }), fc.constantFrom(low, high, 0));

const words = ['NaN', 'Infinity', '-Infinity', '-0'];
const float = (numbers: fc.Arbitrary<number>) =>
  fc.oneof(
    { weight: 4, arbitrary: numbers.map((value) => (Object.is(value, -0) ? 0 : value)) },
    { weight: 1, arbitrary: fc.constantFrom(...words) },
  );

const bytes = fc
  .uint8Array({ maxLength: 12 })
  .map((value) => Buffer.from(value).toString('base64'));
const character = fc.string({ unit: 'binary', minLength: 1, maxLength: 1 });

const primitives: readonly Draft[] = [
  plain('bool', fc.boolean()),
  plain('u8', whole(0, 255)),
  plain('s8', whole(-128, 127)),
  plain('u16', whole(0, 65_535)),
  plain('s16', whole(-32_768, 32_767)),
  plain('u32', whole(0, 4_294_967_295)),
  plain('s32', whole(-2_147_483_648, 2_147_483_647)),
  plain('u64', fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String)),
  plain('s64', fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String)),
  plain('f32', float(fc.float({ noNaN: true, noDefaultInfinity: true }))),
  plain('f64', float(fc.double({ noNaN: true, noDefaultInfinity: true }))),
  plain('char', character),
  plain('string', fc.string({ unit: 'binary', maxLength: 12 })),
  plain('list<u8>', bytes),
];

/** Among them names that JavaScript objects have by themselves, and words that JavaScript reserves. */
const labels = ['a', 'to-string', 'constructor', 'value-of', 'delete', 'x1', 'HTTP-code', 'then'];

export const drafts: fc.Arbitrary<Draft> = fc.letrec<{ type: Draft; compound: Draft }>((tie) => ({
  type: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.constantFrom(...primitives),
    tie('compound'),
  ),
  compound: fc.oneof(
    tie('type').map(listOf),
    tie('type').map(optionOf),
    // Options in options have two forms in generated code, by turns.
    fc.tuple(tie('type'), fc.integer({ min: 2, max: 5 })).map(([type, levels]) => {
      let draft = type;
      for (let level = 0; level < levels; level += 1) draft = optionOf(draft);
      return draft;
    }),
    fc.array(tie('type'), { minLength: 1, maxLength: 4 }).map(tupleOf),
    fields(tie('type')).map(recordOf),
    fields(fc.option(tie('type'), { nil: undefined })).map(variantOf),
    fc
      .tuple(fc.option(tie('type'), { nil: undefined }), fc.option(tie('type'), { nil: undefined }))
      .map(([ok, err]) => resultOf(ok, err)),
    fc.subarray(labels, { minLength: 1 }).map(enumOf),
    fc.integer({ min: 1, max: 32 }).map(flagsOf),
  ),
})).type;

function fields<T>(type: fc.Arbitrary<T>): fc.Arbitrary<(readonly [string, T])[]> {
  return fc
    .tuple(
      fc.subarray(labels, { minLength: 1, maxLength: 4 }),
      fc.array(type, { minLength: 4, maxLength: 4 }),
    )
    .map(([names, types]) => names.map((name, index) => [name, types[index] as T] as const));
}

function listOf(element: Draft): Draft {
  return (fresh) => {
    const of = element(fresh);
    if (of.reference === 'u8') return { ...of, reference: 'list<u8>', value: bytes };
    return {
      declarations: of.declarations,
      reference: `list<${of.reference}>`,
      value: fc.array(of.value, { maxLength: 4 }),
      nullable: false,
    };
  };
}

function optionOf(some: Draft): Draft {
  return (fresh) => {
    const of = some(fresh);
    const held = of.nullable ? of.value.map((value) => ({ some: value })) : of.value;
    return {
      declarations: of.declarations,
      reference: `option<${of.reference}>`,
      value: fc.option(held, { nil: null }),
      nullable: true,
    };
  };
}

function tupleOf(items: readonly Draft[]): Draft {
  return (fresh) => {
    const parts = items.map((item) => item(fresh));
    return {
      declarations: parts.map(({ declarations }) => declarations).join(''),
      reference: `tuple<${parts.map(({ reference }) => reference).join(', ')}>`,
      value: fc.tuple(...parts.map(({ value }) => value)),
      nullable: false,
    };
  };
}

function recordOf(given: readonly (readonly [string, Draft])[]): Draft {
  return (fresh) => {
    const parts = given.map(([name, type]) => [name, type(fresh)] as const);
    const name = fresh();
    const lines = parts.map(([label, { reference }]) => `%${label}: ${reference}`);
    return {
      declarations: `${parts.map(([, type]) => type.declarations).join('')}  record ${name} { ${lines.join(', ')} }\n`,
      reference: name,
      value: fc.record(Object.fromEntries(parts.map(([label, { value }]) => [label, value]))),
      nullable: false,
    };
  };
}

function variantOf(given: readonly (readonly [string, Draft | undefined])[]): Draft {
  return (fresh) => {
    const parts = given.map(([name, type]) => [name, type?.(fresh)] as const);
    const name = fresh();
    const lines = parts.map(([label, type]) =>
      type ? `%${label}(${type.reference})` : `%${label}`,
    );
    return {
      declarations: `${parts.map(([, type]) => type?.declarations ?? '').join('')}  variant ${name} { ${lines.join(', ')} }\n`,
      reference: name,
      value: fc.oneof(
        ...parts.map(([tag, type]) =>
          type ? type.value.map((val) => ({ tag, val })) : fc.constant({ tag }),
        ),
      ),
      nullable: false,
    };
  };
}

function resultOf(ok: Draft | undefined, err: Draft | undefined): Draft {
  return (fresh) => {
    const [good, bad] = [ok?.(fresh), err?.(fresh)];
    const reference =
      good && bad
        ? `result<${good.reference}, ${bad.reference}>`
        : good
          ? `result<${good.reference}>`
          : bad
            ? `result<_, ${bad.reference}>`
            : 'result';
    return {
      declarations: (good?.declarations ?? '') + (bad?.declarations ?? ''),
      reference,
      value: fc.oneof(
        (good?.value ?? fc.constant(null)).map((value) => ({ ok: value })),
        (bad?.value ?? fc.constant(null)).map((value) => ({ err: value })),
      ),
      nullable: false,
    };
  };
}

function enumOf(names: readonly string[]): Draft {
  return (fresh) => {
    const name = fresh();
    return {
      declarations: `  enum ${name} { ${names.map((label) => `%${label}`).join(', ')} }\n`,
      reference: name,
      value: fc.constantFrom(...names),
      nullable: false,
    };
  };
}

function flagsOf(count: number): Draft {
  return (fresh) => {
    const names = Array.from({ length: count }, (_, index) => labels[index] ?? `flag-${index}`);
    const name = fresh();
    return {
      declarations: `  flags ${name} { ${names.map((label) => `%${label}`).join(', ')} }\n`,
      reference: name,
      value: fc.subarray(names),
      nullable: false,
    };
  };
}
