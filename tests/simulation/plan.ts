import type { Fault } from '@gemini/emulator';
import type { OnSlow } from '@gemini/stream-manager';
import type { ConnectionFault, LinkProfile } from './link.ts';
import type { Death } from './network.ts';

/**
 * Everything that happens in one episode, as data. The world is what it happens in; each event can be left out, and the
 * others stay as they are.
 */
export interface Plan {
  readonly seed: number;
  readonly world: World;
  readonly events: readonly PlanEvent[];
}

/** The processes, the server and the network of an episode. */
export interface World {
  readonly nodes: readonly NodePlan[];
  readonly timeToFirstTokenMs: number;
  readonly tokensPerSecond: number;
  readonly burst: number;
  /** The server closes a connection that is idle for this time. */
  readonly keepAliveTimeoutMs: number;
  /** The time after which the log notices that a process is gone. */
  readonly leaseMs: number;
  /** The effect of a slow log on a source. */
  readonly logOnSlow: 'buffer' | 'pause';
}

/** One process: its limits and its way to the server. */
export interface NodePlan {
  readonly link: LinkProfile;
  /** `production`: the defaults of the client. `tight`: seconds. */
  readonly limits: 'production' | 'tight';
  readonly maxLagEvents: number;
  readonly maxHistoryBytes: number;
  readonly maxStreams: number;
}

export type PlanEvent =
  | StreamPlan
  | VisitPlan
  /** Another process starts the same stream, as a retried request does. */
  | { readonly type: 'join'; readonly atMs: number; readonly stream: number; readonly node: number }
  | { readonly type: 'stop'; readonly atMs: number; readonly stream: number; readonly node: number }
  /** The server answers the request with this number of a stream so, instead of correctly. */
  | {
      readonly type: 'answer';
      readonly stream: number;
      readonly request: number;
      readonly faults: readonly Fault[];
    }
  | {
      readonly type: 'connection';
      readonly node: number;
      readonly ordinal: number;
      readonly fault: ConnectionFault;
    }
  /** A process dies, and another one takes its place after a time. */
  | {
      readonly type: 'death';
      readonly atMs: number;
      readonly node: number;
      readonly death: Death;
      readonly restartMs: number;
    }
  /** A process is closed as for a deployment, with or without handing its streams over. */
  | {
      readonly type: 'deploy';
      readonly atMs: number;
      readonly node: number;
      readonly drainMs: number;
      readonly handOver: boolean;
      readonly restartMs: number;
    }
  | { readonly type: 'log-away'; readonly atMs: number; readonly forMs: number }
  | { readonly type: 'server-restart'; readonly atMs: number; readonly forMs: number }
  /** The machine stands still. */
  | { readonly type: 'busy'; readonly atMs: number; readonly forMs: number };

/** One stream. */
export interface StreamPlan {
  readonly type: 'stream';
  readonly stream: number;
  readonly atMs: number;
  readonly node: number;
  readonly words: number;
  /** How its own process uses it: alone in one of these ways, or started for readers who come by its id. */
  readonly use: 'events' | 'text' | 'text-stream' | 'outcome' | 'response' | 'shared';
  /** The API that answers. @defaultValue generateContent */
  readonly api?: 'interaction' | 'background' | undefined;
  readonly maxAttempts: number;
  readonly restart: boolean;
  readonly models: number;
  readonly emptyAnswer: 'fail' | 'complete' | 'retry';
  readonly keepContent: boolean;
  readonly totalTimeoutMs: number;
  /** @defaultValue the node's */
  readonly firstContentTimeoutMs?: number | undefined;
  readonly lingerMs: number;
  /** A reader alone leaves after so many items. */
  readonly leaveAfter: number;
  /** A reader alone takes so long for an item. */
  readonly lagMs: number;
}

/** A reader of a shared stream comes, or comes back with the position that it has. */
export interface VisitPlan {
  readonly type: 'visit';
  readonly stream: number;
  readonly reader: number;
  readonly atMs: number;
  readonly node: number;
  readonly how: 'callback' | 'iterator' | 'listener' | 'served';
  readonly from: 'start' | 'now' | 'position';
  readonly onSlow: OnSlow;
  readonly lagMs: number;
  readonly leaveAfter: number;
}
