/**
 * Held for a side that does not read, before the other is no longer read either. Node's own mark, 64 KiB or less, is so
 * little that the sender was paused and resumed between any two reads of a stream that flows.
 */
export const MAX_HELD_BYTES = 128 * 1024;
