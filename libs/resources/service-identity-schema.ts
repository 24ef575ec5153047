import { z } from 'zod';
import { plainText } from './fields.ts';

/** A machine's name on this gateway; it has access tokens and no other way in. */
export const serviceIdentitySpecSchema = z.strictObject({
  /** What it is for, for whoever finds it later. */
  description: plainText(1024).optional(),
  /** Without prefix; rules and mappings see each as `gatehouse:<group>`. */
  groups: z.array(plainText(256)).max(100).optional(),
});
