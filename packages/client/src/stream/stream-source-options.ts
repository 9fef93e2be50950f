import type { ResolvedGeminiOptions } from '../resolve-options.ts';
import type { GenerateContentRequest } from '../wire.ts';

/** One stream to run. */
export interface StreamSourceOptions {
  readonly id: string;
  readonly model: string;
  readonly url: URL;
  readonly request: GenerateContentRequest;
  readonly rawChunks: boolean;
  readonly restart: boolean;
  readonly keepContent: boolean;
  readonly gemini: ResolvedGeminiOptions;
}
