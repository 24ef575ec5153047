import type { EntityManager } from 'typeorm';
import type { UseOfRules } from '#audit';

interface Counted {
  readonly key: string;
  readonly records: number | string;
  readonly last_at_ms: number | string;
}

/**
 * Counts in the database: of millions of records only one row a rule comes back. Reported rules stand in the
 * annotations (`a=would-deny,b=would-allow`), which repeat.
 * @param place of the one parameter, as the engine writes it.
 */
export async function countRuleUse(manager: EntityManager, place: string, since: number): Promise<UseOfRules> {
  const count = (key: string, which: string): Promise<Counted[]> =>
    manager.query(
      `SELECT ${key} AS key, COUNT(*) AS records, MAX(received_at_ms) AS last_at_ms FROM audit_log WHERE received_at_ms >= ${place} AND ${which} GROUP BY ${key}`,
      [Math.ceil(since)],
    );
  const uses = new Map<string, { decided: number; reported: number; lastAtMs: number }>();
  const add = (rule: string, what: 'decided' | 'reported', { records, last_at_ms: last }: Counted): void => {
    const use = uses.get(rule) ?? { decided: 0, reported: 0, lastAtMs: 0 };
    use[what] += Number(records);
    use.lastAtMs = Math.max(use.lastAtMs, Number(last));
    uses.set(rule, use);
  };
  for (const row of await count('rule', `rule <> ''`)) add(row.key, 'decided', row);
  for (const row of await count('annotations', `annotations LIKE '%"reported":%'`)) {
    const { reported = '' } = JSON.parse(row.key) as { reported?: string };
    for (const entry of reported.split(',')) {
      const [rule = ''] = entry.split('=');
      if (rule !== '') add(rule, 'reported', row);
    }
  }
  const rules = [...uses].map(([rule, use]) => ({ rule, ...use })).sort((a, b) => (a.rule < b.rule ? -1 : 1));
  const [oldest] = (await manager.query('SELECT MIN(received_at_ms) AS at_ms FROM audit_log')) as {
    at_ms: number | string | null;
  }[];
  return { rules, oldestAtMs: oldest?.at_ms == null ? undefined : Number(oldest.at_ms) };
}
