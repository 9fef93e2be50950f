import { GoogleError } from '../wire/google-error.ts';
import { isJsonObject, type JsonObject, type JsonValue, textOr } from '../wire/json.ts';

/** A step of an interaction: of the input, or of the model. */
export type Step = JsonObject;

/** A checked request of the Interactions API. */
export interface InteractionRequest {
  readonly model: string | undefined;
  readonly agent: string | undefined;
  /** The input as steps; `undefined` on a hop of a stored interaction. */
  readonly input: readonly Step[] | undefined;
  readonly stream: boolean;
  readonly background: boolean;
  readonly store: boolean;
  readonly previousId: string | undefined;
  readonly continuationToken: string | undefined;
  readonly systemInstruction: string | undefined;
  readonly tools: readonly JsonObject[];
  readonly generationConfig: JsonObject;
  readonly responseFormats: readonly JsonObject[];
  readonly serviceTier: string;
}

type Kind = 'string' | 'boolean' | 'object' | 'array' | 'any';

const fields: Readonly<Record<string, Kind>> = {
  model: 'string',
  agent: 'string',
  input: 'any',
  stream: 'boolean',
  background: 'boolean',
  store: 'boolean',
  previous_interaction_id: 'string',
  continuation_token: 'string',
  system_instruction: 'string',
  tools: 'array',
  generation_config: 'object',
  agent_config: 'object',
  response_format: 'any',
  safety_settings: 'array',
  service_tier: 'string',
  labels: 'object',
  environment: 'any',
  webhook_config: 'object',
  cached_content: 'string',
};

const generationFields =
  `max_output_tokens seed stop_sequences thinking_level thinking_summaries tool_choice speech_config
  transcription_config video_config temperature top_p top_k image_config`.split(/\s+/u);
const toolTypes = `function google_search google_maps url_context code_execution file_search retrieval mcp_server
  computer_use`.split(/\s+/u);
const contentTypes = 'text image audio video document function_result'.split(' ');
const stepTypes = `user_input model_output thought function_call function_result google_search_call google_search_result
  google_maps_call google_maps_result url_context_call url_context_result code_execution_call code_execution_result
  file_search_call file_search_result retrieval_call retrieval_result processing_call processing_result
  mcp_server_tool_call mcp_server_tool_result`.split(/\s+/u);

/**
 * Checks the body of a request.
 * @throws GoogleError `parameter_unknown` for an unknown field, `invalid_request` for any other fault
 */
export function readInteractionRequest(body: JsonObject): InteractionRequest {
  for (const [name, value] of Object.entries(body)) {
    const kind = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (kind === undefined) throw unknownParameter(name, Object.keys(fields));
    if (value !== undefined && value !== null && !isKind(value, kind)) throw wrongKind(name, kind);
  }
  const { model, agent, input, tools, generation_config: config, response_format: format } = body;
  if ((model ?? undefined) === undefined && (agent ?? undefined) === undefined) {
    throw invalid('Either model or agent must be set.');
  }
  if (model !== undefined && agent !== undefined) throw invalid('Only one of model and agent may be set.');
  const request: InteractionRequest = {
    model: text(model),
    agent: text(agent),
    input: input === undefined || input === null ? undefined : readInput(input),
    stream: body['stream'] === true,
    background: body['background'] === true,
    store: body['store'] !== false,
    previousId: text(body['previous_interaction_id']),
    continuationToken: text(body['continuation_token']),
    systemInstruction: text(body['system_instruction']),
    tools: readTools(tools),
    generationConfig: readGenerationConfig(config),
    responseFormats: (Array.isArray(format) ? (format as readonly JsonValue[]) : [format]).filter(isJsonObject),
    serviceTier: text(body['service_tier']) ?? 'standard',
  };
  checkTogether(request);
  return request;
}

/** Checks fields that depend on each other. */
function checkTogether({
  agent,
  background,
  store,
  previousId,
  continuationToken,
  input,
  generationConfig,
}: InteractionRequest): void {
  if (background && !store) throw invalid('background requires store: a run that is not stored cannot be followed.');
  if (!store && previousId !== undefined && continuationToken === undefined) {
    throw invalid('previous_interaction_id requires store.');
  }
  if (continuationToken !== undefined && (background || agent !== undefined)) {
    throw invalid('continuation_token is for foreground interactions with a model.');
  }
  if (agent !== undefined && Object.keys(generationConfig).length > 0) {
    throw invalid('generation_config is for models: use agent_config.');
  }
  if (agent?.startsWith('deep-research') === true && !background) {
    throw invalid(`${agent} requires background: true.`);
  }
  if (input === undefined && continuationToken === undefined) throw invalid('input is required.');
  if (input?.length === 0) throw invalid('input must not be empty.');
}

function readInput(input: JsonValue): readonly Step[] {
  if (typeof input === 'string') return [{ type: 'user_input', content: [{ type: 'text', text: input }] }];
  const items: readonly unknown[] = Array.isArray(input) ? (input as readonly unknown[]) : [input];
  const known = items.map((item, index) => {
    if (!isJsonObject(item)) throw invalid(`input[${index}]: expected an object with a type.`);
    return item;
  });
  const isContent = known.every(({ type }) => contentTypes.includes(textOr(type, '')));
  // A list of contents is one message. `function_result` is a content and a step.
  if (isContent && !known.every(({ type }) => type === 'function_result')) {
    return [{ type: 'user_input', content: known }];
  }
  for (const [index, { type }] of known.entries()) {
    if (!stepTypes.includes(textOr(type, '')))
      throw invalid(`input[${index}].type: '${textOr(type, '')}' is not a step or content.`);
  }
  return known;
}

function readTools(tools: JsonValue | undefined): readonly JsonObject[] {
  if (!Array.isArray(tools)) return [];
  return (tools as readonly JsonValue[]).map((tool, index) => {
    if (!isJsonObject(tool) || !toolTypes.includes(textOr(tool['type'], ''))) {
      throw invalid(`tools[${index}].type: expected one of ${toolTypes.join(', ')}.`);
    }
    if (tool['type'] === 'function' && text(tool['name']) === undefined) {
      throw invalid(`tools[${index}].name is required for a function.`);
    }
    return tool;
  });
}

function readGenerationConfig(config: JsonValue | undefined): JsonObject {
  if (!isJsonObject(config)) return {};
  const unknown = Object.keys(config).find((name) => !generationFields.includes(name));
  if (unknown !== undefined) throw unknownParameter(`generation_config.${unknown}`, generationFields);
  const { max_output_tokens: most, temperature } = config;
  if (most !== undefined && !(typeof most === 'number' && most >= 1)) {
    throw invalid('generation_config.max_output_tokens must be at least 1.');
  }
  if (temperature !== undefined && !(typeof temperature === 'number' && temperature >= 0 && temperature <= 2)) {
    throw invalid('generation_config.temperature must be in the range [0, 2].');
  }
  return config;
}

function isKind(value: JsonValue, kind: Kind): boolean {
  if (kind === 'any') return true;
  if (kind === 'array') return Array.isArray(value);
  return kind === 'object' ? isJsonObject(value) : typeof value === kind;
}

function text(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function wrongKind(name: string, kind: Kind): GoogleError {
  return invalid(`${name}: expected ${kind === 'array' || kind === 'object' ? 'an' : 'a'} ${kind}.`);
}

function unknownParameter(path: string, known: readonly string[]): GoogleError {
  const name = path.slice(path.lastIndexOf('.') + 1);
  // The API of models has the same fields in camelCase.
  const snake = name.replaceAll(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`);
  const near = known.find((each) => each === snake || each.startsWith(snake) || snake.startsWith(each));
  const hint = near === undefined ? '' : ` Did you mean '${near}'?`;
  return new GoogleError('INVALID_ARGUMENT', `Unknown parameter '${path}'.${hint}`, [], 'parameter_unknown');
}

function invalid(message: string): GoogleError {
  return new GoogleError('INVALID_ARGUMENT', message);
}
