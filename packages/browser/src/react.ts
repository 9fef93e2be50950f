export { useGeminiStream, type GeminiStreamState, type UseGeminiStreamOptions } from './use-gemini-stream.ts';
