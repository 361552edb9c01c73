import { useEffect } from 'react';
import { useGraphiQL } from '@graphiql/react';

// Wraps long lines in the editors, as GraphiQL itself does in the response, with smaller letters on
// a narrow screen.
export function WrapLines() {
  const queryEditor = useGraphiQL((state) => state.queryEditor);
  const variableEditor = useGraphiQL((state) => state.variableEditor);
  const headerEditor = useGraphiQL((state) => state.headerEditor);
  const responseEditor = useGraphiQL((state) => state.responseEditor);
  useEffect(() => {
    const narrow = window.matchMedia('(max-width: 700px)');
    const update = () => {
      for (const editor of [queryEditor, variableEditor, headerEditor, responseEditor]) {
        editor?.updateOptions({
          fontSize: narrow.matches ? 13 : 15,
          wordWrap: 'on',
          wrappingIndent: 'indent',
        });
      }
    };
    update();
    narrow.addEventListener('change', update);
    return () => narrow.removeEventListener('change', update);
  }, [queryEditor, variableEditor, headerEditor, responseEditor]);
  return null;
}
