import type { SimulationReport } from '../simulation/run-simulation.ts';
import { root } from '../workspace-packages.ts';
import { runCommand } from './run-command.ts';

/**
 * Runs a simulation, in a process of its own because it replaces the clock. Rejects if a promise was broken, with the plan
 * that repeats it in the message.
 */
export async function proveSimulation({ hours, seed }: { hours: number; seed: number }): Promise<SimulatedExtent> {
  const program = ['--conditions=@gemini/source', 'tests/simulation/main.ts'];
  const words = [...program, '--hours', String(hours), '--seed', String(seed), '--json'];
  const { counts } = JSON.parse(await runCommand(process.execPath, words, root)) as SimulationReport;
  return { streamHours: Math.floor(counts.streamMs / 3_600_000), streams: counts.streams };
}

/** The size of a simulation that kept every promise. */
export interface SimulatedExtent {
  readonly streamHours: number;
  readonly streams: number;
}
