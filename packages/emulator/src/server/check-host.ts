const loopbackName = /^(?:localhost|(?:[a-z0-9-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/iu;

/**
 * True when a `Host` names this machine's loopback. A web page whose own name was made to resolve to 127.0.0.1 sends
 * that name, and is so told apart (DNS rebinding).
 */
export function isLoopbackHost(host: string | undefined): boolean {
  return host !== undefined && loopbackName.test(host);
}

/** True for an address to listen on that only this machine can reach. */
export function isLoopbackAddress(address: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/iu.test(address);
}
