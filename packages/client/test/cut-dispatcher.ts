import type { GeminiOptions } from '@gemini/client';
import type { CutBody } from './cut-server.ts';

type Dispatcher = NonNullable<GeminiOptions['dispatcher']>;
type Handler = Parameters<Dispatcher['dispatch']>[1];

const bodies = new Map<number, CutBody>();
let count = 0;

const controller = {
  aborted: false,
  paused: false,
  reason: null,
  abort: () => undefined,
  pause: () => undefined,
  resume: () => undefined,
};

/** Gives a request to `models/cut-N` the body that was added as number N, at once and without a socket. */
export const cutDispatcher = {
  add(body: CutBody): string {
    count += 1;
    bodies.set(count, body);
    return `cut-${count}`;
  },
  dispatch({ path }: { readonly path: string }, handler: Handler): boolean {
    const id = Number(/cut-(\d+)/.exec(path)?.[1]);
    const { bytes, contentType, contentEncoding, ending } = bodies.get(id) as CutBody;
    bodies.delete(id);
    const headers = { 'content-type': contentType, 'transfer-encoding': 'chunked' };
    const state = { ...controller } as unknown as Parameters<NonNullable<Handler['onRequestStart']>>[0];
    queueMicrotask(() => {
      handler.onRequestStart?.(state, {});
      const encoded = contentEncoding === undefined ? headers : { ...headers, 'content-encoding': contentEncoding };
      handler.onResponseStart?.(state, 200, encoded, 'OK');
      handler.onResponseData?.(state, bytes);
      if (ending === 'terminator') handler.onResponseEnd?.(state, {});
      else handler.onResponseError?.(state, Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
    });
    return true;
  },
} as Dispatcher & { add(body: CutBody): string };
