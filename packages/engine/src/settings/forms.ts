/** Forms that only settings have. */
import { capabilities } from '../manifest/capabilities.ts';
import { byKind, invalid, mapped, type Form } from '../manifest/form.ts';
import { list, table } from '../manifest/form-compound.ts';
import { checkedText, oneOf, parsedText } from '../manifest/form-scalar.ts';
import { jsonOf } from '../manifest/node.ts';
import { rate } from '../manifest/resources.ts';
import { Refusal } from '../authority/refusal.ts';
import type { RateRule } from '../policy/hooks/rate-limits.ts';
import { isToolPattern } from '../policy/pattern.ts';

const pattern = checkedText(
  'a pattern: SKILL or SKILL/TOOL, with `*` for any part of a name',
  (value) => (isToolPattern(value) ? undefined : new Refusal()),
);

export const patterns: Form<string[]> = list(
  pattern,
  'an array of patterns such as ["git-*", "deploy/plan"]',
);

const units = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** Milliseconds. */
export const age: Form<number> = parsedText({
  allowed: 'an age such as "90d" (s, m, h, d or w)',
  schema: { pattern: '^[0-9]{1,6}[smhdw]$' },
  parse(value) {
    const shape = /^([0-9]{1,6})([smhdw])$/.exec(value);
    if (shape === null) return new Refusal();
    return Number(shape[1]) * units[shape[2] as keyof typeof units];
  },
});

const rule: Form<RateRule> = mapped(
  byKind<{ limit: { count: number; perMs: number }; per?: RateRule['per']; tools?: string[] }>(
    {
      string: mapped(rate, (limit) => ({ limit })),
      table: table(
        {
          limit: rate,
          per: oneOf(['all', 'user', 'skill', 'tool', 'user-and-tool']),
          tools: patterns,
        },
        { required: ['limit'] },
      ),
    },
    'a rate such as "100/minute", or a table such as { limit = "10/minute", per = "tool", tools = ["mail/*"] }',
  ),
  ({ limit, per = 'all', tools }, place, node) => {
    if (limit.count > 1_000_000) return place.wrong(node, 'at most 1000000 calls in a period');
    return { ...limit, per, ...(tools === undefined ? {} : { tools }) };
  },
);

export const rates: Form<RateRule[]> = list(rule, 'an array of rates such as ["100/minute"]', {
  max: 100,
});

type CeilingForm = Readonly<Record<string, unknown>>;

/** The forms of `[skills.capabilities]`, kept as they are written. */
export const ceiling: Form<CeilingForm> = mapped(capabilities('wasm'), (value, place, node) => {
  const relative = value.filesystem.grants.find(({ path }) => !/^[/~]/.test(path));
  if (relative !== undefined) {
    const { path } = relative;
    return place.complain(relative.source ?? node.at, {
      found: `the relative path ${JSON.stringify(path)}`,
      allowed: 'absolute paths and `~`',
    });
  }
  // It would say whom skills ask, which bounds nothing.
  if (value.network.dns !== undefined) {
    return place.complain(node.at, {
      found: 'a name server',
      allowed: 'rules of hosts; `dns` stands in manifests',
    });
  }
  const read = jsonOf(node);
  return 'json' in read ? (read.json as CeilingForm) : invalid;
});
