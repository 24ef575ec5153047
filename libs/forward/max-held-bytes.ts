import { GATHERED_BYTES } from '#http1';

/**
 * Held for a side that does not read, before the other is no longer read either. Node's own mark, 64 KiB or less, is so
 * little that the sender was paused and resumed between any two reads of a stream that flows.
 * And no less than is gathered at once, else what one turn of the event loop brings would pause the sender; in buffers of
 * that size of which at least a quarter is used, it is below 1 MiB a stream.
 */
export const MAX_HELD_BYTES = GATHERED_BYTES;
