import { type RequestParameters, interactionParameters } from '../answer/request-parameters.ts';
import type { LoopCall, LoopRound } from '../tools/tool-loop.ts';
import type { ToolSet } from '../tools/tool.ts';
import type { TurnForm } from '../tools/turn-form.ts';
import type { Checkpoint, StreamOutcome } from '../types.ts';
import type {
  InteractionContent,
  InteractionRequest,
  InteractionStep,
  InteractionTool,
} from '../wire/interaction-types.ts';
import type { FunctionDeclaration } from '../wire/tool-types.ts';
import type { FunctionResponsePart } from '../wire/types.ts';
import { wellFormed } from '../request/tidy-result.ts';
import { inputSteps } from './interaction-request.ts';
import { type InteractionSettings, type InteractionStart, InteractionThread } from './interaction-thread.ts';

/**
 * The Interactions API. Of a stored interaction the next request has the results alone; of one that is not stored it has
 * every step so far, unchanged.
 */
export class InteractionForm implements TurnForm {
  readonly #start: InteractionStart;
  readonly #settings: InteractionSettings;

  constructor(start: InteractionStart, settings: InteractionSettings) {
    this.#start = start;
    this.#settings = settings;
  }

  get tools(): readonly object[] {
    return this.#start.type === 'create' ? (this.#start.bodies[0]?.tools ?? []) : [];
  }

  /** Of an interaction that is not stored, each request has every step so far. */
  get needsSteps(): boolean {
    return this.#start.type === 'create' && this.#start.bodies.some(({ store }) => store === false);
  }

  begin(checkpoint?: Checkpoint): InteractionThread {
    return new InteractionThread(this.#start, this.#settings, checkpoint);
  }

  body(place: number): InteractionRequest | undefined {
    return this.#start.type === 'create' ? this.#start.bodies[place] : undefined;
  }

  parameters(place: number): RequestParameters {
    const body = this.body(place);
    return body === undefined ? {} : interactionParameters(body);
  }

  withTools({ entries }: ToolSet): InteractionForm {
    return this.#with((body) => ({ ...body, tools: entries.flatMap(toolsOf) }));
  }

  turnSteps(rounds: readonly LoopRound[]): readonly InteractionStep[] {
    return rounds.flatMap(({ answer, calls }) => [...(answer.steps ?? []), ...resultSteps(calls)]);
  }

  next(answer: StreamOutcome, calls: readonly LoopCall[]): InteractionForm {
    const results = resultSteps(calls);
    return this.#with(({ continuation_token: _token, ...body }) =>
      body.store === false || answer.interactionId === undefined
        ? { ...body, input: [...inputSteps(body.input), ...(answer.steps ?? []), ...results] }
        : { ...body, input: results, previous_interaction_id: answer.interactionId },
    );
  }

  #with(change: (body: InteractionRequest) => InteractionRequest): InteractionForm {
    const start = this.#start;
    if (start.type === 'follow') return this;
    return new InteractionForm({ type: 'create', bodies: start.bodies.map(change) }, this.#settings);
  }
}

/** Returns the tools of an entry: functions stand alone here, not in a list. */
function toolsOf(entry: object): InteractionTool[] {
  const { functionDeclarations } = entry as { functionDeclarations?: readonly FunctionDeclaration[] };
  if (functionDeclarations === undefined) return [entry as InteractionTool];
  return functionDeclarations.map(({ name, description, parametersJsonSchema, parameters }) => {
    const schema = parametersJsonSchema ?? parameters;
    return {
      type: 'function',
      ...(name === undefined ? {} : { name }),
      ...(description === undefined ? {} : { description }),
      ...(schema === undefined ? {} : { parameters: schema }),
    };
  });
}

/** Returns the results of an answer's calls, in the order of the calls. */
export function resultSteps(calls: readonly LoopCall[]): InteractionStep[] {
  return calls.flatMap((known): InteractionStep[] => {
    if (known.status !== 'answered') return [];
    const { id, name = '' } = known.call;
    const { response, files, failure } = known.result;
    const result =
      files === undefined ? response : [{ type: 'text', text: JSON.stringify(response) }, ...files.map(fileContent)];
    const step: InteractionStep = {
      type: 'function_result',
      ...(id === undefined ? {} : { call_id: id }),
      name,
      result: wellFormed(result),
    };
    return [failure === undefined ? step : { ...step, is_error: true }];
  });
}

function fileContent({ inlineData, fileData }: FunctionResponsePart): InteractionContent {
  const mimeType = inlineData?.mimeType ?? fileData?.mimeType;
  const family = mimeType?.split('/', 1)[0] ?? '';
  const type = family === 'image' || family === 'audio' || family === 'video' ? family : 'document';
  return {
    type,
    ...(mimeType === undefined ? {} : { mime_type: mimeType }),
    ...(inlineData?.data === undefined ? {} : { data: inlineData.data }),
    ...(fileData?.fileUri === undefined ? {} : { uri: fileData.fileUri }),
  };
}
