/**
 * Characters that show nothing, move text, or pass for a blank: they could make one name look like another, or hide a
 * part of it (Unicode TR36, "Trojan Source"). React takes care of markup; of these nobody does.
 */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?! )\p{Zs}/gu;
const HIDDEN_IN_LINES =
  /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?! )\p{Zs}/gu;

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0');
const codeOf = (char: string): number => char.codePointAt(0) ?? 0;

function escapeForPeople(char: string): string {
  const code = codeOf(char);
  return code > 0xffff ? `\\u{${hex(code, 5)}}` : `\\u${hex(code, 4)}`;
}

/** A name as it can be shown in a line: hidden characters become visible escapes. */
export function showText(text: string): string {
  return text.replace(HIDDEN, escapeForPeople);
}

/** A text of several lines as it can be shown: as `showText`, but line breaks and tabs stay. */
export function showLines(text: string): string {
  return text.replace(HIDDEN_IN_LINES, escapeForPeople);
}

/** A value as JSON in which every hidden character is escaped; still the same JSON to a parser. */
export function showJson(value: unknown): string {
  const escapeUnits = (char: string): string =>
    Array.from({ length: char.length }, (_, at) => `\\u${hex(char.charCodeAt(at), 4)}`).join('');
  return JSON.stringify(value, null, 2).replace(HIDDEN_IN_LINES, escapeUnits);
}

/** Whether a text of several lines holds something that cannot be seen. */
export function hasHidden(text: string): boolean {
  return text.search(HIDDEN_IN_LINES) >= 0;
}

/** Escapes what is hidden for a double-quoted scalar of YAML 1.2 (section 5.7). */
export function escapeHiddenForYaml(text: string): string {
  return text.replace(HIDDEN_IN_LINES, (char) => {
    const code = codeOf(char);
    return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
  });
}
