import type { GeminiError, GeminiStream, GeminiStreamEvent, StreamOutcome } from '@gemini/client';
import type { UIMessageChunk } from 'ai';
import { checkOptions } from './check-options.ts';
import { defaultMetadata, safeErrorText } from './end-chunks.ts';
import { MessageChunks } from './message-chunks.ts';

/** Options of `toUIMessageStream`. */
export interface ToUIMessageStreamOptions {
  /** The id of the message, the same in every replay. @defaultValue the id of the stream */
  readonly messageId?: string | undefined;
  /** Whether the page gets the model's thoughts. @defaultValue true */
  readonly sendReasoning?: boolean | undefined;
  /** Whether the page gets the sources of an answer. @defaultValue true */
  readonly sendSources?: boolean | undefined;
  /** Returns the text of an error for the page. @defaultValue a text without a message of a server, an address or a key */
  readonly onError?: ((error: GeminiError) => string) | undefined;
  /** Returns the text of a failed function for the page. @defaultValue a text without the function's message */
  readonly onToolError?: ((result: Extract<GeminiStreamEvent, { readonly type: 'tool-result' }>) => string) | undefined;
  /**
   * Returns the metadata of the message, which comes with its end and must be JSON.
   * @defaultValue `{ usage, model, verdict }`
   */
  readonly messageMetadata?: ((outcome: StreamOutcome, verdict: unknown) => unknown) | undefined;
}

const optionNames = ['messageId', 'sendReasoning', 'sendSources', 'onError', 'onToolError', 'messageMetadata'];

/**
 * Returns an answer as the chunks of one message of the AI SDK, as they are generated. Cancelling it stops the answer. It
 * never errors: the chunks tell how the answer ended.
 * @throws TypeError for an unknown option
 */
export function toUIMessageStream(
  stream: GeminiStream,
  options: ToUIMessageStreamOptions = {},
): ReadableStream<UIMessageChunk> & AsyncIterable<UIMessageChunk> {
  checkOptions('toUIMessageStream', options, optionNames);
  const {
    messageId = stream.id,
    sendReasoning = true,
    sendSources = true,
    onError = safeErrorText,
    onToolError = () => 'The function failed.',
    messageMetadata = defaultMetadata,
  } = options;
  const message = new MessageChunks({
    messageId,
    sendReasoning,
    sendSources,
    onError,
    onToolError,
    messageMetadata,
  });
  const events = stream[Symbol.asyncIterator]();
  return new ReadableStream<UIMessageChunk>(
    {
      async pull(controller) {
        for (;;) {
          const event = await nextEvent(events, stream);
          const isEnd = event.type === 'end';
          const chunks = isEnd ? message.end(event.outcome, stream.verdict()) : message.of(event);
          for (const chunk of chunks) controller.enqueue(chunk);
          if (isEnd) return controller.close();
          if (chunks.length > 0) return;
        }
      },
      async cancel(reason) {
        stream.stop(reason);
        await events.return?.();
      },
    },
    { highWaterMark: 0 },
  ) as ReadableStream<UIMessageChunk> & AsyncIterable<UIMessageChunk>;
}

/** Returns the next event; the end, if the iterator has thrown before it. */
async function nextEvent(
  events: AsyncIterator<GeminiStreamEvent, undefined>,
  stream: GeminiStream,
): Promise<GeminiStreamEvent> {
  const end = async (): Promise<GeminiStreamEvent> => ({ type: 'end', outcome: await stream.outcome });
  try {
    const { done, value } = await events.next();
    return done === true ? await end() : value;
  } catch {
    return end();
  }
}
