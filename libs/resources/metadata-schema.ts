import { z } from 'zod';
import { checked } from './fields.ts';

const QUALIFIED = /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/;
const MAX_ANNOTATION_BYTES = 256 * 1024;

const key = checked((value) => (QUALIFIED.test(value) ? undefined : 'must be a key like name or example.com/name'));

/** ObjectMeta, with Kubernetes' own limits. What the server fills may be sent back. */
export const metadataSchema = (name: z.ZodType<string>) =>
  z.strictObject({
    name,
    uid: z.string().optional(),
    resourceVersion: z.string().optional(),
    generation: z.int().optional(),
    creationTimestamp: z.string().nullish(),
    labels: z
      .record(
        key,
        checked((value) =>
          LABEL_VALUE.test(value) ? undefined : 'must be at most 63 letters, digits, "-", "_" and "."',
        ),
      )
      .optional(),
    annotations: z
      .record(key, z.string())
      .refine(
        (values) => Buffer.byteLength(JSON.stringify(values)) <= MAX_ANNOTATION_BYTES,
        `must not be larger than ${MAX_ANNOTATION_BYTES} bytes`,
      )
      .optional(),
  });
