/** Canonical JSON: own keys sorted, `undefined` and source positions left out. Equal meaning, equal text. */

export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`;
}

/** Lists of a rule are sets, but for `patterns`, whose order counts. */
export function ruleKey(rule: object): string {
  const plain: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(rule)) {
    if (key === 'source') continue;
    plain[key] =
      Array.isArray(value) && key !== 'patterns'
        ? [...new Set(value.map(String))].toSorted()
        : value;
  }
  return canonicalJson(plain);
}
