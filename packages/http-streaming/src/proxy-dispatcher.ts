// oxlint-disable-next-line typescript/triple-slash-reference -- packages above compile this source and must see it
/// <reference path="./undici-modules.d.ts" />
import type { buildConnector, Dispatcher, Pool as PoolType } from 'undici';
import connect from 'undici/lib/api/api-connect.js';
import createConnector from 'undici/lib/core/connect.js';
import EnvHttpProxyAgent from 'undici/lib/dispatcher/env-http-proxy-agent.js';
import Pool from 'undici/lib/dispatcher/pool.js';

/** The limits that undici keeps by itself. */
export interface ProxyDispatcherOptions {
  readonly allowH2: false;
  readonly headersTimeout: 0;
  readonly bodyTimeout: 0;
  readonly maxHeaderSize: number;
  readonly connectTimeout: number;
  /** Wraps the connector of each pool, to distinguish new connections from old ones. */
  readonly wrapConnector: (connector: buildConnector.connector) => buildConnector.connector;
}

/** Returns a dispatcher that follows HTTP_PROXY, HTTPS_PROXY and NO_PROXY. Loaded only if one of them is set. */
export function createProxyDispatcher({ wrapConnector, ...options }: ProxyDispatcherOptions): Dispatcher {
  const directly = createConnector({ allowH2: false, timeout: options.connectTimeout });
  return new EnvHttpProxyAgent({
    ...options,
    connect: { timeout: options.connectTimeout },
    // The pools to the origins: through a tunnel they bring a connector of their own.
    factory: (origin: string | URL, { connect: given, ...more }: PoolType.Options) =>
      new Pool(origin, { ...more, connect: wrapConnector(typeof given === 'function' ? given : directly) }),
    // undici's index gives every dispatcher its `connect`, which a tunnel begins with; it is not loaded here.
    clientFactory: (origin, poolOptions) => Object.assign(new Pool(origin, poolOptions), { connect }),
  });
}
