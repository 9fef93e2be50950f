import net from 'node:net';
import { syncBuiltinESMExports } from 'node:module';
import type { Random } from '../soak/random.ts';
import { time } from './install.ts';
import { type ConnectionFault, Link, type LinkProfile } from './link.ts';
import type { Owner } from './virtual-time.ts';
import { VirtualSocket } from './virtual-socket.ts';

/** The end that a network gives to a process that is killed: its machine closes its sockets, or is gone too. */
export type Death = 'closed' | 'silent';

/** A network between one server and its clients. Each client has an address of its own. */
export interface NetworkOptions {
  readonly random: Random;
  /** The links of a client, by its address. */
  readonly profileOf: (host: string) => LinkProfile;
  /** The fault of the next connection of a client; `undefined` for none. */
  readonly faultOf: (host: string, ordinal: number) => ConnectionFault | undefined;
  readonly server: Owner;
  readonly onConnection: (socket: VirtualSocket) => void;
}

/** Every connection of the simulation. */
export class Network {
  readonly #options: NetworkOptions;
  readonly #ordinals = new Map<string, number>();
  /** The sockets of the clients that are not closed. */
  readonly clients = new Set<VirtualSocket>();
  readonly servers = new Set<VirtualSocket>();
  connectionsCount = 0;
  /** Until this time the server refuses connections. */
  downUntilMs = 0;

  constructor(options: NetworkOptions) {
    this.#options = options;
  }

  /** Connects to the server. */
  connect(host: string): VirtualSocket {
    const { random, profileOf, faultOf, server, onConnection } = this.#options;
    const ordinal = this.#ordinals.get(host) ?? 0;
    this.#ordinals.set(host, ordinal + 1);
    this.connectionsCount += 1;
    const profile = profileOf(host);
    const fault = faultOf(host, ordinal);
    const client = new VirtualSocket(host, true);
    const accepted = new VirtualSocket(host, false, server);
    // A reset may come before the server has taken the connection.
    accepted.on('error', () => {});
    const link = new Link(client, accepted, profile, fault, random);
    this.clients.add(client);
    client.once('close', () => this.clients.delete(client));
    if (fault?.type === 'unanswered') return client;
    const roundTripMs = 2 * link.latencyMs() + (fault?.type === 'slow-connect' ? fault.ms : 0);
    time.arriveAt(
      time.nowMs + roundTripMs,
      () => {
        if (client.destroyed) return;
        if (fault?.type === 'refused' || time.nowMs < this.downUntilMs) return client.refuse();
        this.servers.add(accepted);
        accepted.once('close', () => this.servers.delete(accepted));
        client.establish();
        time.arriveAt(time.nowMs, () => onConnection(accepted), server);
      },
      client.owner,
    );
    return client;
  }

  /** The server is restarted: its connections are reset, and for a time it refuses new ones. */
  restartServer(downMs: number): void {
    this.downUntilMs = time.nowMs + downMs;
    for (const socket of this.servers) socket.resetAndDestroy();
  }

  /** A process is gone. */
  kill(owner: Owner, death: Death): void {
    for (const socket of this.clients) {
      if (socket.owner !== owner) continue;
      this.clients.delete(socket);
      if (death === 'silent') socket.link.cut();
      else socket.link.send(socket, 'reset');
    }
  }
}

let current: Network | undefined;

/** The network that `net.connect` uses from now on. */
export function useNetwork(network: Network | undefined): void {
  current = network;
}

Object.assign(net, {
  connect: ({ host = '' }: net.TcpNetConnectOpts): net.Socket => {
    if (current === undefined) throw new Error('the simulation has no network now');
    return current.connect(host);
  },
});
syncBuiltinESMExports();
