/** One way to put nginx in front of a stream. */
export interface Setup {
  readonly buffering: 'on' | 'off';
  readonly upstream: '1.0' | '1.1';
  readonly gzip: 'on' | 'off';
}

/** Every way. */
export const setups: readonly Setup[] = (['on', 'off'] as const).flatMap((buffering) =>
  (['1.0', '1.1'] as const).flatMap((upstream) =>
    (['on', 'off'] as const).map((gzip) => ({ buffering, upstream, gzip })),
  ),
);
/** The path prefix under which a setup is met. */
export const nameOf = ({ buffering, upstream, gzip }: Setup): string =>
  `buffering-${buffering}_http-${upstream}_gzip-${gzip}`;

/** Directives of a `server` block: each setup is in front of the same upstream, which does not compress. */
export const setupDirectives = (upstreamUrl: string): string => `
    gzip_types text/event-stream;
    gzip_proxied any;
    proxy_set_header Host localhost;
    proxy_set_header Connection "";
    proxy_set_header Accept-Encoding identity;
    ${setups
      .map(
        (setup) => `location /${nameOf(setup)}/ {
      proxy_pass ${upstreamUrl}/;
      proxy_buffering ${setup.buffering};
      proxy_http_version ${setup.upstream};
      gzip ${setup.gzip};
    }`,
      )
      .join('\n    ')}`;
