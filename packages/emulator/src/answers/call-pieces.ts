import { isJsonObject, type JsonObject, type JsonValue } from '../wire/json.ts';
import { splitTokens } from '../wire/tokens.ts';
import type { AnswerPiece } from './answer.ts';
import type { PlannedCall } from './function-calls.ts';

/** A call as one whole part. */
export function wholeCall({ id, name, args }: PlannedCall, signature: string | undefined): AnswerPiece {
  const functionCall: JsonObject = { ...(id === undefined ? {} : { id }), name, args };
  return piece(functionCall, signature);
}

/** A call whose arguments arrive in pieces (`partialArgs`): opened by name, closed by an empty call. */
export function* streamedCall({ id, name, args }: PlannedCall, signature: string | undefined): Generator<AnswerPiece> {
  yield piece({ ...(id === undefined ? {} : { id }), name, willContinue: true }, signature);
  for (const partial of partialArgs(args, '$')) yield piece({ partialArgs: [partial], willContinue: true });
  yield piece({});
}

function piece(functionCall: JsonObject, signature?: string): AnswerPiece {
  const part = signature === undefined ? { functionCall } : { functionCall, thoughtSignature: signature };
  return { parts: [part], tokens: splitTokens(JSON.stringify(functionCall)).length };
}

function* partialArgs(value: JsonValue | undefined, jsonPath: string): Generator<JsonObject> {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* partialArgs(item as JsonValue, `${jsonPath}[${index}]`);
  } else if (isJsonObject(value)) {
    for (const [name, item] of Object.entries(value)) {
      // RFC 9535: a name that is no identifier goes in brackets.
      const step = /^[A-Za-z_]\w*$/u.test(name) ? `.${name}` : `['${name.replaceAll(/['\\]/gu, String.raw`\$&`)}']`;
      yield* partialArgs(item, `${jsonPath}${step}`);
    }
  } else if (typeof value === 'string') {
    for (const stringValue of splitTokens(value)) yield { jsonPath, stringValue, willContinue: true };
    yield { jsonPath, stringValue: '' };
  } else if (typeof value === 'number') {
    yield { jsonPath, numberValue: value };
  } else if (typeof value === 'boolean') {
    yield { jsonPath, boolValue: value };
  } else {
    yield { jsonPath, nullValue: 'NULL_VALUE' };
  }
}
