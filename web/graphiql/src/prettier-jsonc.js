// GraphiQL tidies the Variables and Headers panes with prettier's JavaScript
// parser and printer, half a megabyte in size. This prettier plugin does the
// same for JSON with comments, using a parser that is part of the page anyway.
import { applyEdits, format } from 'jsonc-parser';

const AST_FORMAT = 'jsonc-text';

export const parsers = {
  jsonc: {
    parse: (text) => ({ text }),
    astFormat: AST_FORMAT,
    locStart: () => 0,
    locEnd: (node) => node.text.length,
  },
};

export const printers = {
  [AST_FORMAT]: {
    print({ node: { text } }) {
      const edits = format(text, undefined, { tabSize: 2, insertSpaces: true, eol: '\n', insertFinalNewline: true });
      return applyEdits(text, edits);
    },
  },
};
