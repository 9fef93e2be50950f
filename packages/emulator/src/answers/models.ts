import { GoogleError } from '../wire/google-error.ts';

/** One model of the catalogue. */
export interface Model {
  readonly name: string;
  readonly displayName: string;
  /** What an alias stands for. @defaultValue the name itself */
  readonly version?: string | undefined;
}

/** The models that are there without being asked for. */
export const catalogue: readonly Model[] = [
  { name: 'gemini-flash-latest', displayName: 'Gemini Flash Latest', version: 'gemini-3.8-flash' },
  { name: 'gemini-flash-lite-latest', displayName: 'Gemini Flash-Lite Latest', version: 'gemini-2.5-flash-lite' },
  { name: 'gemini-pro-latest', displayName: 'Gemini Pro Latest', version: 'gemini-3-pro-preview' },
  { name: 'gemini-3.8-flash', displayName: 'Gemini 3.8 Flash' },
  { name: 'gemini-3.6-flash', displayName: 'Gemini 3.6 Flash' },
  { name: 'gemini-3-flash', displayName: 'Gemini 3 Flash' },
  { name: 'gemini-3-pro', displayName: 'Gemini 3 Pro' },
  { name: 'gemini-2.5-pro', displayName: 'Gemini 2.5 Pro' },
  { name: 'gemini-2.5-flash', displayName: 'Gemini 2.5 Flash' },
  { name: 'gemini-2.5-flash-lite', displayName: 'Gemini 2.5 Flash-Lite' },
  { name: 'gemini-2.0-flash', displayName: 'Gemini 2.0 Flash' },
  { name: 'gemini-1.5-pro', displayName: 'Gemini 1.5 Pro' },
  { name: 'gemini-1.5-flash', displayName: 'Gemini 1.5 Flash' },
];

/** Finds a model by name; a suffix such as `-001` or `-preview-09` is one of its versions. Throws `NOT_FOUND`. */
export function findModel(name: string, more: readonly string[], asked: { version: string; method: string }): Model {
  // Tuned models have names of their user's making.
  if (name.includes('/') || more.includes(name)) return { name, displayName: name };
  const exact = catalogue.find((model) => model.name === name);
  if (exact !== undefined) return exact;
  const base = catalogue.find((model) => name.startsWith(`${model.name}-`));
  if (base !== undefined) return { name, displayName: base.displayName };
  throw modelNotFound(name, asked);
}

/** The API's error for a model that is not there, or that cannot do what was asked. */
export function modelNotFound(name: string, { version, method }: { version: string; method: string }): GoogleError {
  return new GoogleError(
    'NOT_FOUND',
    `models/${name} is not found for API version ${version}, or is not supported for ${method}. Call ListModels to see the list of available models and their supported methods.`,
  );
}
