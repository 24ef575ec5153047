import { startPostgres } from '../../support/postgres.ts';
import { auditTable, measureAuditCost } from '../audit-cost.ts';
import type { Section } from './section.ts';

/** What the record of one request costs, without the request. */
export const audit: Section = {
  name: 'audit',
  subjects: [],
  async measure() {
    const postgres = await startPostgres();
    try {
      const costs = await measureAuditCost(await postgres.createDatabase());
      return { results: { audit: costs }, text: auditTable(costs), voids: [] };
    } finally {
      await postgres.stop();
    }
  },
};
