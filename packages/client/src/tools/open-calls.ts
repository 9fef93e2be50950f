import { isCutOff } from '../merge/function-calls.ts';
import { plainCopy } from '../plain-json.ts';
import { isAbsent } from '../wire/absent.ts';
import type { Content, FunctionCall, FunctionResponse, GenerateContentResponse, Part } from '../wire/types.ts';

/** Returns the calls at the end of a conversation that have no results yet. */
export function openCalls(contents: readonly Content[]): FunctionCall[] {
  const { calls, responses } = endOf(contents);
  return unanswered(calls, responses);
}

/** A conversation with a new prompt. */
interface NextTurn {
  /** The messages before it. */
  readonly before: readonly Content[];
  /** The message that is sent. */
  readonly message: Content;
}

/**
 * Adds a prompt to a conversation. If calls are open, the prompt must answer all of them or none; its results are put
 * into one message with those that are there already, in the order of the calls: the API accepts them only together. A
 * prompt without results abandons the open calls: each gets a result that says so.
 * @throws TypeError that names the functions whose results are missing
 */
export function nextTurn(contents: readonly Content[], prompt: readonly Part[]): NextTurn {
  const { calls, responses } = endOf(contents);
  const open = unanswered(calls, responses);
  if (open.length === 0) return { before: contents, message: { role: 'user', parts: [...prompt] } };

  const answers = responsesOf(prompt);
  const given = answers.length === 0 ? open.map(abandoned) : answers;
  const missing = unanswered(open, given);
  if (missing.length > 0) {
    const names = missing.map(({ name }) => name).join(', ');
    throw new TypeError(`prompt: expected the functionResponse of each open call, got none of ${names}`);
  }
  const results = [...responses, ...given];
  const parts = inOrder(calls, results).map((functionResponse) => ({ functionResponse }));
  const others = prompt.filter(({ functionResponse }) => !functionResponse);
  const before = responses.length > 0 ? contents.slice(0, -1) : contents;
  return { before, message: { role: 'user', parts: [...parts, ...others] } };
}

function abandoned({ id, name = '' }: FunctionCall): FunctionResponse {
  const response = { error: 'the call was not answered: the user sent another message' };
  return { ...(id === undefined ? {} : { id }), name, response };
}

/** Returns the calls of the model's last answer, which may be several messages, and the results that follow them. */
function endOf(contents: readonly Content[]) {
  const last = contents.at(-1);
  const results = last !== undefined && last.role !== 'model' && hasResponse(last) ? last : undefined;
  const upTo = results === undefined ? contents : contents.slice(0, -1);
  const begin = upTo.findLastIndex(({ role }) => role !== 'model') + 1;
  const responses = responsesOf(results?.parts ?? []);
  const answer = upTo.slice(begin).flatMap(({ parts = [] }) => parts);
  const calls = answer.flatMap(({ functionCall }) => functionCall ?? []);
  // If the server runs a function itself (an MCP server of the request), its result is in the answer.
  return { calls: unanswered(calls, responsesOf(answer)), responses };
}

/** Returns the results among some parts. */
export function responsesOf(parts: readonly Part[]): FunctionResponse[] {
  return parts.flatMap(({ functionResponse }) => functionResponse ?? []);
}

/** Returns the calls without a result. They are matched by id if both have one, else by name in their order. */
export function unanswered(calls: readonly FunctionCall[], responses: readonly FunctionResponse[]): FunctionCall[] {
  const waiting = new WaitingResponses(responses);
  return calls.filter((call) => waiting.take(call) === undefined);
}

/** Returns the results in the order of their calls, each under its call's id; then those without a call. */
function inOrder(calls: readonly FunctionCall[], responses: readonly FunctionResponse[]): FunctionResponse[] {
  const waiting = new WaitingResponses(responses);
  const ordered = calls.flatMap((call) => {
    const response = waiting.take(call);
    if (response === undefined) return [];
    return call.id === undefined ? response : { ...response, id: call.id };
  });
  return [...ordered, ...waiting.left()];
}

/** Results that no call has taken yet. An answer may have thousands: each is found without a look at the others. */
class WaitingResponses {
  readonly #responses: readonly FunctionResponse[];
  readonly #taken = new Set<number>();
  // Places of the results, the first one last.
  readonly #byId = new Map<string, number[]>();
  readonly #byName = new Map<string | undefined, number[]>();
  readonly #withoutId = new Map<string | undefined, number[]>();

  constructor(responses: readonly FunctionResponse[]) {
    this.#responses = responses;
    for (let place = responses.length - 1; place >= 0; place -= 1) {
      const { id, name } = responses[place] ?? {};
      if (id === undefined) append(this.#withoutId, name, place);
      else append(this.#byId, id, place);
      append(this.#byName, name, place);
    }
  }

  take({ id, name }: FunctionCall): FunctionResponse | undefined {
    const sameId = id === undefined ? undefined : this.#first(this.#byId.get(id));
    const place = sameId ?? this.#first((id === undefined ? this.#byName : this.#withoutId).get(name));
    if (place === undefined) return undefined;
    this.#taken.add(place);
    return this.#responses[place];
  }

  left(): FunctionResponse[] {
    return this.#responses.filter((_response, place) => !this.#taken.has(place));
  }

  #first(places: number[] | undefined): number | undefined {
    while (places !== undefined && this.#taken.has(places.at(-1) ?? -1)) places.pop();
    return places?.at(-1);
  }
}

function append<Key>(places: Map<Key, number[]>, key: Key, place: number): void {
  const known = places.get(key);
  if (known === undefined) places.set(key, [place]);
  else known.push(place);
}

/**
 * Returns the message of the first candidate in the form that the API accepts as history: every part as it came, with
 * its signature. Leaves out what the API sends but does not accept: `null` for absent fields, empty parts, and calls
 * that have no name or were cut off. Returns `undefined` if nothing is left.
 */
export function answerContent({ candidates }: GenerateContentResponse): Content | undefined {
  const first = candidates?.find(({ index = 0 }) => index === 0);
  const { role, parts } = first?.content ?? {};
  const kept = (parts ?? []).filter(({ functionCall }) => !functionCall || isWhole(functionCall));
  const clean = kept.map(withoutNulls).filter(isFilled).map(withData).flatMap(copied);
  return clean.length === 0 ? undefined : { role: role ?? 'model', parts: clean };
}

// A part that is nested too deep cannot be sent either.
function copied(part: Part): Part[] {
  try {
    return [plainCopy(part, 'part')];
  } catch {
    return [];
  }
}

// A closing piece without an open call has no name.
function isWhole(call: FunctionCall): boolean {
  return Boolean(call.name) && !isCutOff(call);
}

// Also one level into a field: `functionCall: { id: null }`. Below that, `null` is a value.
function withoutNulls(part: Part): Part {
  return dropNulls(part, (field) =>
    typeof field === 'object' && !Array.isArray(field) ? dropNulls(field as Part, (value) => value) : field,
  );
}

function dropNulls(fields: Part, convert: (field: unknown) => unknown): Part {
  const named = Object.entries(fields).filter(
    ([name, field]) => field !== null && field !== undefined && (name !== 'thoughtSignature' || !isAbsent(field)),
  );
  return Object.fromEntries(named.map(([name, field]) => [name, convert(field)]));
}

// The API wants a signature on a part with data.
function withData(part: Part): Part {
  const isSignature = Object.keys(part).every((name) => name === 'thoughtSignature' || name === 'thought');
  return isSignature ? { text: '', ...part } : part;
}

function isFilled(part: Part): boolean {
  return Object.keys(part).some((name) => name !== 'thought');
}

/** Whether a message has results of functions. */
export function hasResponse({ parts }: Content): boolean {
  return parts?.some((part) => part.functionResponse) === true;
}
