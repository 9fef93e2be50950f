export { type ChatTransportOptions, createChatTransport, type ResumingChatTransport } from './create-chat-transport.ts';
