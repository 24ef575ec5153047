import { compileRequestSet, findMissingRule, type RequestSet, type RequestSetInput } from '#policy';

type Rules = RequestSetInput['rules'];

/** As configured. */
export interface RecordFirstConfig {
  readonly recordFirst: Rules;
  readonly recordFirstExcept: Rules;
}

const inputOf = ({ recordFirst, recordFirstExcept }: RecordFirstConfig): RequestSetInput => ({
  rules: recordFirst,
  except: recordFirstExcept,
});

/** The requests whose record is saved before they are sent. */
export const compileRecordFirst = (config: RecordFirstConfig): RequestSet => compileRequestSet(inputOf(config));

/** What the configuration takes away from the default set, for a warning; undefined where that is nothing. */
export const findSentUnrecorded = (
  config: RecordFirstConfig,
  byDefault: RecordFirstConfig,
): Rules[number] | undefined => findMissingRule(inputOf(byDefault), inputOf(config));
