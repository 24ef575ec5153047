import type { EntitySchemaColumnOptions } from 'typeorm';

export const text = (name: string): EntitySchemaColumnOptions => ({ name, type: 'text' });
export const textOrNull = (name: string): EntitySchemaColumnOptions => ({ name, type: 'text', nullable: true });
export const key = (name: string): EntitySchemaColumnOptions => ({ name, type: 'text', primary: true });
export const yesNo = (name: string): EntitySchemaColumnOptions => ({ name, type: 'boolean' });

/** pg gives bigint as text, lest it be rounded; ours are times and counts below 2^53. */
const asNumber = {
  to: (value: unknown) => value,
  from: (value: unknown) => (value === null || value === undefined ? value : Number(value)),
};
export const whole = (name: string): EntitySchemaColumnOptions => ({ name, type: 'bigint', transformer: asNumber });
export const wholeOrNull = (name: string): EntitySchemaColumnOptions => ({
  name,
  type: 'bigint',
  nullable: true,
  transformer: asNumber,
});

const asJson = {
  to: (value: unknown) => (value !== null && typeof value === 'object' ? JSON.stringify(value) : value),
  from: (value: unknown) => (typeof value === 'string' ? JSON.parse(value) : value),
};
/** A list or map as JSON text: SQLite has no other form, and nothing searches inside. */
export const json = (name: string): EntitySchemaColumnOptions => ({ name, type: 'text', transformer: asJson });
