// oxlint-disable-next-line typescript/triple-slash-reference -- packages above compile this source and must see it
/// <reference path="./undici-modules.d.ts" />
import type { Dispatcher } from 'undici';
import connect from 'undici/lib/api/api-connect.js';
import EnvHttpProxyAgent from 'undici/lib/dispatcher/env-http-proxy-agent.js';
import Pool from 'undici/lib/dispatcher/pool.js';

/** The limits that undici is to keep by itself. */
export interface ProxyDispatcherOptions {
  readonly allowH2: false;
  readonly headersTimeout: 0;
  readonly bodyTimeout: 0;
  readonly connectTimeout: number;
}

/** A dispatcher that follows HTTP_PROXY, HTTPS_PROXY and NO_PROXY. */
export function createProxyDispatcher(options: ProxyDispatcherOptions): Dispatcher {
  return new EnvHttpProxyAgent({
    ...options,
    connect: { timeout: options.connectTimeout },
    // undici's index gives every dispatcher its `connect`, which a tunnel begins with; it is not loaded here.
    clientFactory: (origin, poolOptions) => Object.assign(new Pool(origin, poolOptions), { connect }),
  });
}
