import './workers.js';
import { createRoot } from 'react-dom/client';
import { GraphiQL } from 'graphiql';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import './page.css';
import { DEFAULT_QUERY } from './default-query.js';
import { fetcher } from './session.js';
import { SignInBar } from './SignInBar.jsx';
import { graphiqlStorage } from './storage.js';

createRoot(document.getElementById('root')).render(
  <>
    <SignInBar />
    <main>
      <GraphiQL
        fetcher={fetcher}
        storage={graphiqlStorage}
        defaultQuery={DEFAULT_QUERY}
        shouldPersistHeaders={false}
      >
        {/* The stock logo links to an outside site. */}
        <GraphiQL.Logo>
          <span />
        </GraphiQL.Logo>
      </GraphiQL>
    </main>
  </>,
);
