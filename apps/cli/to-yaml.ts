import { Document, isScalar, visit } from 'yaml';
import { visible } from './terminal.ts';

/** As people write rules: lists of words on one line. */
export function toYaml(object: object, comments: readonly string[] = []): string {
  const document = new Document(object, { aliasDuplicateObjects: false });
  visit(document, {
    Seq(_key, list) {
      if (list.items.every((item) => isScalar(item))) list.flow = true;
    },
  });
  const yaml = document.toString({ lineWidth: 0, flowCollectionPadding: false, singleQuote: true });
  return comments.map((comment) => `# ${visible(comment)}\n`).join('') + yaml;
}
