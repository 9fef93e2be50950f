/** The changes of a connection, or of one of those of a cluster. */
export interface ConnectionObserver {
  readonly onLost: () => void;
  /** It is there, for the first time or again. The channels may not be subscribed to yet. */
  readonly onReady: () => void;
}

/** The names of a library's events that mean a change of a connection. */
export interface ConnectionEvents {
  readonly losses: readonly string[];
  readonly returns: readonly string[];
}

/** A client, as far as it reports its connections. */
export interface ReportingClient {
  on(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
}

/** Observes the connections of a client until the returned function is called. */
export function observeConnection(
  client: ReportingClient,
  { losses, returns }: ConnectionEvents,
  { onLost, onReady }: ConnectionObserver,
): () => void {
  for (const event of losses) client.on(event, onLost);
  for (const event of returns) client.on(event, onReady);
  return () => {
    for (const event of losses) client.off(event, onLost);
    for (const event of returns) client.off(event, onReady);
  };
}
