import { GoogleError } from '../wire/google-error.ts';
import { isJsonObject, type JsonObject, type JsonValue, textOr } from '../wire/json.ts';
import type { InteractionRequest, Step } from './interaction-request.ts';
import type { StoredInteraction } from './stored-interaction.ts';

/**
 * Checks a request against the turns before it: the interaction that it continues has ended, and every call has a result.
 * @throws GoogleError `failed_precondition` for an interaction that runs, `invalid_request` for missing or foreign results
 */
export function checkTurn(request: InteractionRequest, previous: StoredInteraction | undefined): void {
  const input = request.input ?? [];
  if (request.continuationToken !== undefined) return;
  if (previous?.isOver === false) {
    throw new GoogleError('FAILED_PRECONDITION', 'The previous interaction is still running.');
  }
  const answered = new Set(input.flatMap(resultsOf).map(({ call_id: id }) => textOr(id, '')));
  // Without a store, the calls are in the input, each before its result.
  const calls = [...(previous?.status === 'requires_action' ? previous.steps : []), ...input].filter(isCall);
  const open = calls.find(({ id }) => !answered.has(textOr(id, '')));
  if (open !== undefined) throw invalid(`A function_result is missing for the call ${textOr(open['id'], '')}.`);
  const known = new Set([...(previous?.steps ?? []), ...input].filter(isCall).map(({ id }) => textOr(id, '')));
  const foreign = [...answered].find((id) => !known.has(id));
  if (foreign !== undefined) throw invalid(`The function_result with call_id ${foreign.slice(0, 80)} answers no call.`);
}

/** Returns the results in a step: the step itself, or those in the content of a message. */
function resultsOf(step: Step): readonly JsonObject[] {
  if (step['type'] === 'function_result') return [step];
  const content = Array.isArray(step['content']) ? (step['content'] as readonly JsonValue[]) : [];
  return content.filter(isJsonObject).filter(({ type }) => type === 'function_result');
}

function isCall({ type }: Step): boolean {
  return type === 'function_call';
}

function invalid(message: string): GoogleError {
  return new GoogleError('INVALID_ARGUMENT', message);
}
