import { isJsonObject, type JsonObject, type JsonValue } from '../wire/json.ts';
import type { ScriptedReply, ScriptMatch } from './scripted-reply.ts';

/**
 * A script from JSON: a list of replies, in which a match of the form `/pattern/flags` is a regular expression.
 * Throws a `TypeError` for what is none.
 */
export function scriptFromJson(value: unknown): readonly ScriptedReply[] {
  if (!Array.isArray(value)) throw new TypeError('script: expected a list of replies');
  return value.map((entry: unknown, index) => {
    if (!isJsonObject(entry) || !isJsonObject(entry['reply'])) {
      throw new TypeError(`script[${index}]: expected an object with a reply`);
    }
    const { match, ...rest } = entry;
    return { ...rest, ...(isJsonObject(match) ? { match: readMatch(match, index) } : {}) } as unknown as ScriptedReply;
  });
}

function readMatch(match: JsonObject, index: number): ScriptMatch {
  const readPattern = (value: JsonValue | undefined): JsonValue | RegExp | undefined => {
    const pattern = typeof value === 'string' ? /^\/(.+)\/([a-z]*)$/su.exec(value) : null;
    if (pattern === null) return value;
    try {
      return new RegExp(pattern[1] ?? '', pattern[2]);
    } catch (cause) {
      throw new TypeError(`script[${index}].match: ${pattern[0]} is no regular expression`, { cause });
    }
  };
  return { ...match, model: readPattern(match['model']), text: readPattern(match['text']) } as ScriptMatch;
}
