import {
  type FollowRequest,
  OutgoingRequest,
  type ResolvedOptions,
  ResumingConnection,
  type ServedFrame,
  StreamFollowError,
} from '@gemini/browser/resumption';
import type { UIMessageChunk } from 'ai';

/** The settings of a stream of chunks. */
export interface ChunkStreamOptions {
  readonly limits: ResolvedOptions<UIMessageChunk>;
  readonly signal?: AbortSignal | undefined;
  /** The address to continue at, if the answer names none. */
  readonly rejoinAddress?: string | undefined;
  /** Whether an answer 404 means that there is no stream. */
  readonly isNullWithout?: boolean | undefined;
  /** `isOpen`: the request was answered. */
  readonly onAbort: (isOpen: boolean) => void;
}

/**
 * Opens a stream of chunks over all its connections. Resolves when the first answer is there: with `null` if there is
 * nothing to read. Rejects if it is refused.
 */
export function openChunks(
  given: FollowRequest,
  options: ChunkStreamOptions,
): Promise<ReadableStream<UIMessageChunk> | null> {
  const { limits, signal, isNullWithout = false } = options;
  const request = new OutgoingRequest(given);
  request.rejoinAddress = options.rejoinAddress;
  const opened = Promise.withResolvers<ReadableStream<UIMessageChunk> | null>();
  let controller!: ReadableStreamDefaultController<UIMessageChunk>;
  let length = 0;
  let isOpen = false;
  let isFinished = false;

  const connection = new ResumingConnection(request, limits, {
    onFrame,
    onEnd,
    onStatus: (status) => status === 'streaming' && open(),
  });
  const stream = new ReadableStream<UIMessageChunk>({
    start: (own) => void (controller = own),
    // The chat has left the stream.
    cancel: () => close(),
  });
  const abort = (): void => {
    close();
    const reason = (signal?.reason ?? new DOMException('aborted', 'AbortError')) as unknown;
    fail(reason);
    options.onAbort(isOpen);
  };
  signal?.addEventListener('abort', abort, { once: true });
  if (signal?.aborted === true) abort();
  else connection.start();
  return opened.promise;

  function open(): void {
    isOpen = true;
    opened.resolve(stream);
  }

  function close(): void {
    connection.end();
    signal?.removeEventListener('abort', abort);
  }

  function fail(error: unknown): void {
    if (isOpen) controller.error(error);
    else opened.reject(error);
  }

  function onFrame({ data, event }: ServedFrame): boolean {
    length += data.length;
    const { maxStreamLength: limit } = limits;
    if (length > limit) {
      throw new StreamFollowError('stream-too-large', 'the answer is too large', { limit });
    }
    // The last frame is `[DONE]`, or a chunk that says how a stream ended that has no last chunks.
    const isEnd = event === 'end' || data === '[DONE]';
    if (data !== '[DONE]') {
      const chunk = chunkOf(data);
      isFinished = lastChunks.has(chunk.type);
      controller.enqueue(chunk);
    }
    if (!isEnd) return true;
    close();
    controller.close();
    return false;
  }

  function onEnd(error: StreamFollowError | undefined): void {
    signal?.removeEventListener('abort', abort);
    if (error === undefined) {
      // 204: all of it was read, or there is nothing.
      if (isFinished) controller.close();
      else if (isOpen) fail(new StreamFollowError('history-lost', 'the rest of the answer is gone'));
      else opened.resolve(null);
    } else if (!isOpen && isNullWithout && error.status === 404) opened.resolve(null);
    else fail(errorOf(error));
  }
}

/** The chunks after which a message is whole, or has ended. */
const lastChunks: ReadonlySet<string> = new Set(['finish', 'abort', 'error']);

function chunkOf(data: string): UIMessageChunk {
  try {
    return JSON.parse(data) as UIMessageChunk;
  } catch {
    // The error of JSON.parse quotes the text.
    throw new StreamFollowError('invalid-event', 'a chunk is not JSON');
  }
}

/** `useChat` takes an error for a lost connection, and keeps its message, by a word of its message. */
function errorOf(error: StreamFollowError): Error {
  const { code, status, message } = error;
  const isLost = status === undefined && ['connection-lost', 'idle-timeout', 'offline'].includes(code);
  return isLost ? new TypeError(`network error: ${message}`, { cause: error }) : error;
}
