import { clearRecorded, type Recorder } from './record-cluster.ts';

const recorders = new Set<Recorder>();
const signals = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;
let installed = false;

/**
 * Takes the recorded cluster down with this process, however it ends: return,
 * process.exit, uncaught exception or signal (SIGKILL is left to the next start).
 * Returns the function that ends this watch.
 */
export function stopAtExit(recorder: Recorder): () => void {
  recorders.add(recorder);
  if (!installed) install();
  return () => recorders.delete(recorder);
}

function clearAll(): void {
  for (const recorder of recorders) {
    clearRecorded(recorder.record);
    recorder.forget();
  }
  recorders.clear();
}

function install(): void {
  installed = true;
  // An uncaught exception passes here too.
  process.on('exit', clearAll);
  for (const [signal, number] of Object.entries(signals)) {
    process.on(signal as NodeJS.Signals, () => {
      // With other listeners somebody else decides when to stop, and calls stop() or exits.
      if (process.listenerCount(signal) > 1) return;
      clearAll();
      process.exit(128 + number);
    });
  }
}
