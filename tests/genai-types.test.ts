import type {
  CallableTool,
  Candidate,
  Chat,
  Content,
  FunctionCall,
  GenaiConfig,
  GenaiRequest,
  GenerateContentResponse,
  GenerationConfig,
  Part,
  SafetySetting,
  StreamInput,
  StreamOptions,
  Tool,
  ToolConfig,
  UsageMetadata,
} from '@gemini/client';
import type * as genai from '@google/genai';
import { describe, expectTypeOf, it } from 'vitest';

/**
 * The same type with every enumeration as a string: `@google/genai` has closed enums, and the wire has values that no enum
 * knows yet. A value of theirs is one of ours everywhere; one of ours is one of theirs but for these.
 */
type Loose<Type> = unknown extends Type
  ? Type
  : Type extends string
    ? string
    : Type extends number | boolean | null | undefined | AbortSignal
      ? Type
      : Type extends (...args: infer Args) => infer Result
        ? (...args: Loose<Args>) => Loose<Result>
        : Type extends Promise<infer Value>
          ? Promise<Loose<Value>>
          : { [Name in keyof Type]: Loose<Type[Name]> };

// The compiler makes this test: `pnpm typecheck` fails where it does.
describe('the types of @google/genai', () => {
  it('of genai are assignable to ours', () => {
    expectTypeOf<genai.GenerateContentResponse>().toExtend<GenerateContentResponse>();
    expectTypeOf<genai.Candidate>().toExtend<Candidate>();
    expectTypeOf<genai.Content>().toExtend<Content>();
    expectTypeOf<genai.Part>().toExtend<Part>();
    expectTypeOf<genai.FunctionCall>().toExtend<FunctionCall>();
    expectTypeOf<genai.GenerateContentResponseUsageMetadata>().toExtend<UsageMetadata>();
    expectTypeOf<genai.Tool>().toExtend<Tool>();
    expectTypeOf<genai.CallableTool>().toExtend<CallableTool>();
    expectTypeOf<genai.ToolConfig>().toExtend<ToolConfig>();
    expectTypeOf<genai.SafetySetting>().toExtend<SafetySetting>();
    expectTypeOf<genai.GenerationConfig>().toExtend<GenerationConfig>();
  });

  it('of requests of genai are accepted', () => {
    expectTypeOf<genai.GenerateContentParameters>().toExtend<GenaiRequest>();
    expectTypeOf<genai.GenerateContentParameters>().toExtend<StreamInput>();
    expectTypeOf<genai.GenerateContentConfig>().toExtend<GenaiConfig>();
    expectTypeOf<genai.ContentListUnion>().toExtend<StreamInput>();
  });

  it('of genai accept ours, except for enums', () => {
    expectTypeOf<Loose<Part>>().toExtend<Loose<genai.Part>>();
    expectTypeOf<Loose<Content>>().toExtend<Loose<genai.Content>>();
    expectTypeOf<Loose<Chat['history']>>().toExtend<Loose<genai.Content[]>>();
    expectTypeOf<FunctionCall>().toExtend<genai.FunctionCall>();
    expectTypeOf<Loose<Tool>>().toExtend<Loose<genai.Tool>>();
    expectTypeOf<Loose<ToolConfig>>().toExtend<Loose<genai.ToolConfig>>();
    expectTypeOf<Loose<SafetySetting>>().toExtend<Loose<genai.SafetySetting>>();
    expectTypeOf<Loose<GenaiConfig>>().toExtend<Loose<genai.GenerateContentConfig>>();
  });

  it('have every field of a request and of an answer that genai has', () => {
    expectTypeOf<Exclude<keyof genai.GenerateContentConfig, keyof GenaiConfig>>().toEqualTypeOf<never>();
    expectTypeOf<Exclude<keyof genai.Tool, keyof Tool>>().toEqualTypeOf<never>();
    expectTypeOf<Exclude<keyof genai.ToolConfig, keyof ToolConfig>>().toEqualTypeOf<never>();
    expectTypeOf<Exclude<keyof genai.Part, keyof Part>>().toEqualTypeOf<never>();
    expectTypeOf<Exclude<keyof genai.Candidate, keyof Candidate>>().toEqualTypeOf<never>();
  });

  it('still differ in enums', () => {
    expectTypeOf<Part['mediaResolution']>().not.toExtend<genai.Part['mediaResolution']>();
    expectTypeOf<SafetySetting>().not.toExtend<genai.SafetySetting>();
  });
});

describe('a literal with a wrong field', () => {
  it('does not compile', () => {
    const options: readonly StreamOptions[] = [
      // @ts-expect-error -- temprature
      { config: { temprature: 0 } },
      // @ts-expect-error -- temprature
      { generationConfig: { temprature: 0 } },
      // @ts-expect-error -- thinkingBuget
      { config: { thinkingConfig: { thinkingBuget: 0 } } },
      // @ts-expect-error -- googleSerch
      { tools: [{ googleSerch: {} }] },
      // @ts-expect-error -- functionCalling
      { toolConfig: { functionCalling: {} } },
      // @ts-expect-error -- treshold
      { config: { safetySettings: [{ treshold: 'OFF' }] } },
      // @ts-expect-error -- timeoutMs
      { timeoutMs: 5 },
      // @ts-expect-error -- functions are those of the stream
      { model: [{ model: 'gemini-x', config: { tools: [] } }] },
    ];
    expectTypeOf(options).items.toEqualTypeOf<StreamOptions>();
    const inputs: readonly StreamInput[] = [
      // @ts-expect-error -- temprature
      { contents: 'hi', config: { temprature: 0 } },
      // @ts-expect-error -- systemInstrution
      { contents: [], systemInstrution: {} },
    ];
    expectTypeOf(inputs).items.toEqualTypeOf<StreamInput>();
  });

  it('compiles if it is a later value of an enumeration', () => {
    const options = {
      config: { thinkingConfig: { thinkingLevel: 'EXTREME' }, serviceTier: 'deferred' },
      toolConfig: { functionCallingConfig: { mode: 'LATER' } },
    };
    expectTypeOf(options).toExtend<StreamOptions>();
  });
});
