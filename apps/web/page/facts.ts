/** The server's knowledge of a stream, for the timeline of the page. Times are milliseconds since 1970. */
export interface StreamFacts {
  /** The time at which each event reached the server, by its position. */
  readonly times: Readonly<Record<string, number>>;
  readonly verdict: { readonly kind: string; readonly cause?: string | undefined };
  readonly model?: string | undefined;
  readonly outputTokens?: number | undefined;
  readonly firstTextAt?: number | undefined;
  readonly lastTextAt?: number | undefined;
}
