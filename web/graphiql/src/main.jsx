import './workers.js';
import { createRoot } from 'react-dom/client';
import { GraphiQL } from 'graphiql';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import './page.css';
import { DEFAULT_TABS } from './default-tabs.js';
import { fetcher } from './session.js';
import { SignInBar } from './SignInBar.jsx';
import { graphiqlStorage } from './storage.js';
import { WrapLines } from './WrapLines.jsx';

createRoot(document.getElementById('root')).render(
  <>
    <SignInBar />
    <main>
      <GraphiQL
        fetcher={fetcher}
        storage={graphiqlStorage}
        defaultTabs={DEFAULT_TABS}
        defaultQuery=""
        shouldPersistHeaders={false}
      >
        {/* The stock logo links to an outside site. */}
        <GraphiQL.Logo>
          <span />
        </GraphiQL.Logo>
        <WrapLines />
      </GraphiQL>
    </main>
  </>,
);
