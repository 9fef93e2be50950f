import type { DeliveryVerdict } from '@gemini/http-streaming';
import type { MeasuredResponse } from '../timing/measure-event-stream.ts';

type DeliveryCause = NonNullable<DeliveryVerdict['cause']>;

interface Remedy {
  /** What holds the stream back, and what gives it away. */
  readonly cause: string;
  /** One line that mends it, by the software that names itself in `server`. */
  readonly cure: { readonly nginx?: string; readonly any: string };
}

const remedies: Readonly<Record<DeliveryCause, Remedy>> = {
  'proxy-buffer': {
    cause: "a proxy's buffer: it sends on what has filled it, not what has just been said",
    cure: {
      nginx: 'nginx: proxy_http_version 1.1; (or proxy_buffering off;), or let the server answer X-Accel-Buffering: no',
      any: 'Turn off response buffering in the proxy (nginx: proxy_http_version 1.1), or let the server answer X-Accel-Buffering: no.',
    },
  },
  compression: {
    cause: 'a compressor that is not flushed: the answer is compressed, and what does not fill its window waits',
    cure: {
      nginx: 'nginx: gzip off; for this location, or take text/event-stream out of gzip_types',
      any: 'Flush the compressor after each event (Node: zlib.flush() or response.flush()), or leave text/event-stream uncompressed.',
    },
  },
  'collected-body': {
    cause: 'somebody collects the whole answer first: it has a content-length, which nobody knows before the end',
    cure: {
      any: 'Let the server or gateway send each event as it is made: no content-length, no whole-body middleware, response streaming on.',
    },
  },
};

/** Who most likely holds a stream back, in words. */
export function causeInWords(cause: DeliveryCause): string {
  return remedies[cause].cause;
}

/** One line that mends it, for the software that answered. */
export function cureFor(cause: DeliveryCause, response: Pick<MeasuredResponse, 'headers'> | undefined): string {
  const { cure } = remedies[cause];
  const isNginx = /\b(?:nginx|openresty)\b/i.test(response?.headers['server'] ?? '');
  return (isNginx ? cure.nginx : undefined) ?? cure.any;
}
