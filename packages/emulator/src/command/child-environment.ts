/** No key at all: it only has to be there for SDKs that insist on one. */
const dummyKey = 'emulator';

const dummyKeys = {
  GEMINI_API_KEY: dummyKey,
  GOOGLE_API_KEY: dummyKey,
  GOOGLE_GENERATIVE_AI_API_KEY: dummyKey,
};

/**
 * What points the common SDKs at the emulator: Google's own, in JavaScript, Python and Go; the AI SDK and LiteLLM for
 * the key. A key of the caller's own is replaced, so that it goes nowhere; for a recording (`keepKeys`) it stays, because
 * the server that is recorded wants it.
 */
export function childEnvironment(url: string, inherited: NodeJS.ProcessEnv, keepKeys = false): NodeJS.ProcessEnv {
  return {
    ...inherited,
    GEMINI_EMULATOR_URL: url,
    GEMINI_BASE_URL: url,
    GOOGLE_GEMINI_BASE_URL: url,
    GOOGLE_VERTEX_BASE_URL: url,
    GEMINI_API_BASE: url,
    ...(keepKeys ? {} : dummyKeys),
  };
}
