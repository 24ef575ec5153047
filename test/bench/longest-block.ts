/** Processor time of this thread, in milliseconds: it does not count what others do on a busy machine. */
export function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** The longest processor time, in milliseconds, for which an act let no other callback run. */
export async function longestBlock(act: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let last = threadMs();
  let running = true;
  const look = (): void => {
    const now = threadMs();
    longest = Math.max(longest, now - last);
    last = now;
    if (running) setImmediate(look);
  };
  setImmediate(look);
  await act();
  running = false;
  return Math.max(longest, threadMs() - last);
}
