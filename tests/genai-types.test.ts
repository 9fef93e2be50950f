import type { Candidate, Content, FunctionCall, GenaiConfig, GenaiRequest } from '@gemini/client';
import type { GenerateContentResponse, Part, StreamInput, UsageMetadata } from '@gemini/client';
import type * as genai from '@google/genai';
import { describe, expectTypeOf, it } from 'vitest';

/**
 * The places in which our types are wider: `@google/genai` has enums, and the wire has values that no enum knows yet. A value
 * of theirs is one of ours everywhere; one of ours is one of theirs but for these.
 */
interface EnumFields {
  executableCode: 'language';
  codeExecutionResult: 'outcome';
  toolCall: 'toolType';
  toolResponse: 'toolType';
  mediaResolution: 'level';
  functionResponse: 'scheduling';
}
type EnumParts = 'mediaProcessing';

/** A part without the fields that are enums on one side. */
type WithoutEnums<Whole extends { [Name in keyof EnumFields]?: unknown }> = Omit<
  Whole,
  keyof EnumFields | EnumParts
> & {
  [Name in keyof EnumFields]?: Omit<NonNullable<Whole[Name]>, EnumFields[Name]>;
};

// The compiler makes this test: `pnpm typecheck` fails where it does.
describe('the types of @google/genai', () => {
  it('of genai are assignable to ours', () => {
    expectTypeOf<genai.GenerateContentResponse>().toExtend<GenerateContentResponse>();
    expectTypeOf<genai.Candidate>().toExtend<Candidate>();
    expectTypeOf<genai.Content>().toExtend<Content>();
    expectTypeOf<genai.Part>().toExtend<Part>();
    expectTypeOf<genai.FunctionCall>().toExtend<FunctionCall>();
    expectTypeOf<genai.GenerateContentResponseUsageMetadata>().toExtend<UsageMetadata>();
  });

  it('of requests of genai are accepted', () => {
    expectTypeOf<genai.GenerateContentParameters>().toExtend<GenaiRequest>();
    expectTypeOf<genai.GenerateContentParameters>().toExtend<StreamInput>();
    expectTypeOf<genai.GenerateContentConfig>().toExtend<GenaiConfig>();
    expectTypeOf<genai.ContentListUnion>().toExtend<StreamInput>();
  });

  it('of genai accept ours, except for enums', () => {
    expectTypeOf<WithoutEnums<Part>>().toExtend<WithoutEnums<genai.Part>>();
    expectTypeOf<Omit<Content, 'parts'>>().toExtend<Omit<genai.Content, 'parts'>>();
    expectTypeOf<WithoutEnums<NonNullable<Content['parts']>[number]>>().toExtend<WithoutEnums<genai.Part>>();
    expectTypeOf<FunctionCall>().toExtend<genai.FunctionCall>();
  });

  it('still differ in each listed exception', () => {
    expectTypeOf<Part['executableCode']>().not.toExtend<genai.Part['executableCode']>();
    expectTypeOf<Part['codeExecutionResult']>().not.toExtend<genai.Part['codeExecutionResult']>();
    expectTypeOf<Part['toolCall']>().not.toExtend<genai.Part['toolCall']>();
    expectTypeOf<Part['toolResponse']>().not.toExtend<genai.Part['toolResponse']>();
    expectTypeOf<Part['mediaResolution']>().not.toExtend<genai.Part['mediaResolution']>();
    expectTypeOf<Part['functionResponse']>().not.toExtend<genai.Part['functionResponse']>();
    expectTypeOf<Part['mediaProcessing']>().not.toExtend<genai.Part['mediaProcessing']>();
  });
});
