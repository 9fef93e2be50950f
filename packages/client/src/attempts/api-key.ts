/** A key, or where to get one for each attempt. */
export type ApiKeySource = string | (() => string | Promise<string>);

/** The key that the environment gives: `GOOGLE_API_KEY`, then `GEMINI_API_KEY`, which is Google's own order. */
export function environmentApiKey(env: NodeJS.ProcessEnv = process.env): string | undefined {
  return env['GOOGLE_API_KEY'] || env['GEMINI_API_KEY'] || undefined;
}
