import { createStreamingFetch, type StreamingFetchOptions } from '@gemini/fetch';
import type { LanguageModelMiddleware } from 'ai';
import { AsyncLocalStorage } from 'node:async_hooks';
import { ModelCall } from './model-call.ts';

/** A middleware, and the `fetch` for the provider whose calls it measures. */
export interface GeminiMiddleware extends LanguageModelMiddleware {
  readonly specificationVersion: 'v4';
  readonly fetch: typeof fetch;
}

/**
 * Creates a middleware for the Google provider of the AI SDK: `providerMetadata.gemini` of an answer has its verdict, its
 * times and the requests that were sent. Give its `fetch` to the provider; without it the times are those of the parts, and
 * the verdict is `inconclusive`. The options are those of `createStreamingFetch`.
 */
export function geminiMiddleware(options: StreamingFetchOptions = {}): GeminiMiddleware {
  // One provider serves many calls at once: each request belongs to the call in whose context it is sent.
  const calls = new AsyncLocalStorage<ModelCall>();
  const outside = createStreamingFetch(options);
  return {
    specificationVersion: 'v4',
    fetch(input, init) {
      const call = calls.getStore();
      if (call === undefined) return outside(input, init);
      call.onRequest();
      const onEnd: StreamingFetchOptions['onEnd'] = (end) => {
        call.onEnd(end);
        options.onEnd?.(end);
      };
      const onRetry: StreamingFetchOptions['onRetry'] = (retry) => {
        call.onRequest();
        options.onRetry?.(retry);
      };
      return createStreamingFetch({ ...options, onEnd, onRetry })(input, init);
    },
    async wrapStream({ doStream }) {
      const call = new ModelCall();
      const { stream, ...rest } = await calls.run(call, () => doStream());
      type Part = typeof stream extends ReadableStream<infer Item> ? Item : never;
      const measured = new TransformStream<Part, Part>({
        async transform(part, controller) {
          call.onPart(part.type);
          if (part.type !== 'finish') return controller.enqueue(part);
          await call.whenEnded();
          const providerMetadata = { ...part.providerMetadata, gemini: call.metadata() };
          controller.enqueue({ ...part, providerMetadata });
        },
      });
      return { ...rest, stream: stream.pipeThrough(measured) };
    },
    async wrapGenerate({ doGenerate }) {
      const call = new ModelCall();
      const result = await calls.run(call, () => doGenerate());
      call.onPart('finish');
      // An answer at once is no stream, whose end our `fetch` would report.
      return { ...result, providerMetadata: { ...result.providerMetadata, gemini: call.metadata() } };
    },
  };
}
