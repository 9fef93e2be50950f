import { Session } from 'node:inspector/promises';
import { setFlagsFromString } from 'node:v8';

/** The work that a function did. */
export interface Work {
  /** How many blocks of this package ran. */
  readonly steps: number;
  /** Memory that was allocated, also what has been collected since. */
  readonly allocatedBytes: number;
}

const samplingInterval = 8 * 1024;
/** V8's default, which cannot be read. */
const maxOptimizedBytecodeSize = 60 * 1024;

/**
 * Counts the work of a function instead of its time: V8 counts the blocks that run and samples allocations, on a busy
 * machine as on an idle one. A native copy, such as that of a spread, is no step, but it is an allocation.
 */
export async function measureWork(work: () => void): Promise<Work> {
  const session = new Session();
  session.connect();
  try {
    await session.post('Profiler.enable');
    await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
    const collected = { includeObjectsCollectedByMajorGC: true, includeObjectsCollectedByMinorGC: true };
    await session.post('HeapProfiler.startSampling', { samplingInterval, ...collected });
    // Optimized code does not count all that it does.
    setFlagsFromString('--max-optimized-bytecode-size=0');
    try {
      work();
    } finally {
      setFlagsFromString(`--max-optimized-bytecode-size=${maxOptimizedBytecodeSize}`);
    }
    const { profile } = await session.post('HeapProfiler.stopSampling');
    const { result } = await session.post('Profiler.takePreciseCoverage');
    await session.post('Profiler.stopPreciseCoverage');
    await session.post('Profiler.disable');
    const functions = result.flatMap((script) => (script.url.includes('/client/src/') ? script.functions : []));
    const counts = functions.flatMap(({ ranges }) => ranges.map(({ count }) => count));
    return { steps: counts.reduce((sum, count) => sum + count, 0), allocatedBytes: sizeOf(profile.head) };
  } finally {
    session.disconnect();
  }
}

interface SampledNode {
  readonly selfSize: number;
  readonly children: readonly SampledNode[];
}

function sizeOf({ selfSize, children }: SampledNode): number {
  return children.reduce((sum, child) => sum + sizeOf(child), selfSize);
}
