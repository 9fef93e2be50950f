export {
  type ChatIndex,
  type ChatIndexClient,
  memoryChatIndex,
  type MemoryChatIndexOptions,
  redisChatIndex,
  type RedisChatIndexOptions,
} from './chat-index.ts';
export {
  type ChatHandler,
  type ChatHandlerOptions,
  type ChatRequest,
  createChatHandler,
} from './create-chat-handler.ts';
export { geminiMiddleware, type GeminiMiddleware } from './gemini-middleware.ts';
export type { CallMetadata } from './model-call.ts';
export { type ChatContents, toGeminiContents } from './to-gemini-contents.ts';
export { toUIMessageStream, type ToUIMessageStreamOptions } from './to-ui-message-stream.ts';
export { toUIMessageStreamResponse, type UIMessageStreamResponseOptions } from './to-ui-message-stream-response.ts';
