import type { Plan, World } from './plan.ts';

/** Whether a plan still breaks the promise. */
export type Fails = (plan: Plan) => Promise<boolean>;

/**
 * Makes a failing plan small: leaves out every event that the failure does not need, in halves first and then one by one,
 * and makes the world as plain as it may be. It is delta debugging, with a limit to the plans that are tried.
 */
export async function shrinkPlan(plan: Plan, fails: Fails, maxRuns = 400): Promise<Plan> {
  let runsLeft = maxRuns;
  let smallest = plan;
  const attempt = async (candidate: Plan): Promise<boolean> => {
    if (runsLeft <= 0) return false;
    runsLeft -= 1;
    if (!(await fails(candidate))) return false;
    smallest = candidate;
    return true;
  };
  for (let size = Math.ceil(plan.events.length / 2); size >= 1;) {
    let hasShrunk = false;
    for (let at = 0; at < smallest.events.length && runsLeft > 0;) {
      const events = smallest.events.filter((_, index) => index < at || index >= at + size);
      if (await attempt({ ...smallest, events })) hasShrunk = true;
      else at += size;
    }
    if (runsLeft <= 0) break;
    if (size > 1) size = Math.floor(size / 2);
    else if (!hasShrunk) break;
  }
  for (const change of plainer) {
    const world = change(smallest.world);
    if (JSON.stringify(world) !== JSON.stringify(smallest.world)) await attempt({ ...smallest, world });
  }
  return smallest;
}

const onEachNode =
  (change: Partial<World['nodes'][number]>) =>
  (world: World): World => ({
    ...world,
    nodes: world.nodes.map((node) => ({ ...node, ...change })),
  });

/** Changes that make a world plainer. */
const plainer: readonly ((world: World) => World)[] = [
  onEachNode({ link: { latencyMs: [1, 1], segmentBytes: 65_536, splitShare: 0, windowBytes: 65_536 } }),
  onEachNode({ maxStreams: 1_000 }),
  onEachNode({ maxHistoryBytes: 8 * 2 ** 20 }),
  onEachNode({ maxLagEvents: 256 }),
  onEachNode({ limits: 'production' }),
  (world) => ({ ...world, keepAliveTimeoutMs: 120_000 }),
  (world) => ({ ...world, timeToFirstTokenMs: 50 }),
  (world) => ({ ...world, logOnSlow: 'buffer' }),
];
