import type { CommandOptions, OptionValues } from '../command.ts';

const group = 'Connection';

/** How to reach a model: the same in every command that asks one. */
export const connectionOptions = {
  model: {
    type: 'string',
    short: 'm',
    value: 'NAME',
    group,
    description: 'the model (GEMINI_MODEL; gemini-flash-latest)',
  },
  'base-url': { type: 'string', value: 'URL', group, description: 'another server (GEMINI_BASE_URL)' },
  vertex: { type: 'boolean', group, description: 'ask Vertex AI (GOOGLE_GENAI_USE_VERTEXAI)' },
  project: { type: 'string', value: 'NAME', group, description: 'of Vertex AI (GOOGLE_CLOUD_PROJECT)' },
  location: { type: 'string', value: 'NAME', group, description: 'of Vertex AI (GOOGLE_CLOUD_LOCATION; global)' },
  emulator: {
    type: 'boolean',
    default: true,
    group,
    description: 'fail where there is no API key, instead of starting the local emulator',
  },
} as const satisfies CommandOptions;

/** What was said about the connection. */
export type ConnectionValues = OptionValues<typeof connectionOptions>;
