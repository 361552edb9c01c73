// What a new user sees: a query that runs as it is with the demo catalogue, an import that only
// plans, and a subscription. Nothing here writes when it is run.
const EXPORT = `# Sign in above, then run this query.
query FightClubTrivia {
  movieExport(movieId: "tmdb-550", category: TRIVIA) {
    fileName
    metadata { revision updatedBy }
    data { ... on Trivia { items { text question answer } } }
  }
}
`;

const PLAN = `# With dryRun, an import writes nothing:
# it answers what would change.
mutation PlanTrivia($trivia: TriviaInput!) {
  importCategory(input: {
    movieId: "tmdb-550"
    data: { trivia: $trivia }
    options: { dryRun: true }
  }) {
    status
    plan { changes { op path label after } }
    userErrors { path code message }
  }
}
`;

const TRIVIA = {
  items: [
    {
      text: 'Brad Pitt and Edward Norton learned to make soap for the film.',
      category: 'production',
    },
  ],
};

const CHANGES = `# Published changes, as they happen.
subscription Changes {
  changes { kind movieId category revision updatedBy }
}
`;

export const DEFAULT_TABS = [
  { query: EXPORT },
  { query: PLAN, variables: JSON.stringify({ trivia: TRIVIA }, null, 2) },
  { query: CHANGES },
];
