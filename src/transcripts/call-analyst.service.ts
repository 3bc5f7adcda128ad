import { Inject, Injectable } from '@nestjs/common';
import { AnalysisClaim, CallAnalyses, CallExtraction } from '../calls/call-analyses.service';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { LanguageModel, LanguageModelError } from '../integrations/language-model/language-model';
import { extractionCheck, ExtractionCheck } from '../scenarios/extraction-check';
import { extractionQuestion, questionOf, storedValue, toReading } from './call-reading';
import { ConversationReader, Due, LEASE_SECONDS, Postponement } from './conversation-reader';

/** What does not fit is asked for once more, with what was wrong. */
const EXTRACTION_TRIES = 2;

/** Has a language model read calls that are over: summary, outcome, open promises, and what the scenario wants to know. */
@Injectable()
export class CallAnalyst extends ConversationReader<string, AnalysisClaim> {
  constructor(
    @Inject(APP_CONFIG) config: AppConfig,
    private readonly analyses: CallAnalyses,
    private readonly model: LanguageModel,
  ) {
    super(config.calls.areAnalysed);
  }

  protected due(now: Date): Promise<Due<string>[]> {
    return this.analyses.due(now);
  }

  protected claim({ owner, id }: Due<string>, now: Date): Promise<AnalysisClaim | null> {
    return this.analyses.claim(owner, id, { now, leaseSeconds: LEASE_SECONDS });
  }

  protected async read(claim: AnalysisClaim, signal: AbortSignal): Promise<void> {
    const schema = claim.call.agent.extractionSchema;
    if (!claim.isAnalysed) {
      const answer = await this.model.answer({ ...questionOf(claim), signal });
      await this.analyses.writeReading(claim, toReading(answer), { isAll: schema === null });
    }
    // Asked for again by itself where it fails: what was paid for is written down.
    if (schema !== null) await this.analyses.writeExtraction(claim, await this.extraction(claim, schema, signal));
  }

  protected postpone(claim: AnalysisClaim, postponement: Postponement): Promise<void> {
    return this.analyses.postpone(claim, postponement);
  }

  /** @throws LanguageModelError of what may pass */
  private async extraction(
    claim: AnalysisClaim,
    schema: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<CallExtraction> {
    let check: ExtractionCheck;
    try {
      check = extractionCheck(schema);
    } catch (error) {
      return failed(`The extraction_schema of the scenario cannot be used: ${(error as Error).message}.`);
    }
    let misfit: string | undefined;
    for (let left = EXTRACTION_TRIES; left > 0; left--) {
      try {
        const extracted = storedValue(
          await this.model.answerBySchema({ ...extractionQuestion(claim, schema, misfit), signal }),
        );
        const problem = check.problem(extracted);
        if (problem === null) return { extracted, extractionError: null };
        misfit = problem;
      } catch (error) {
        if (error instanceof LanguageModelError && error.trouble === 'question') return failed(error.message);
        throw error;
      }
    }
    return failed(`What was found does not fit the extraction_schema of the scenario: ${misfit ?? 'unknown'}.`);
  }
}

function failed(extractionError: string): CallExtraction {
  return { extracted: null, extractionError };
}
