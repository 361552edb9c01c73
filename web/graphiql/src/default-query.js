export const DEFAULT_QUERY = `# Welcome to Reelport.
#
# First sign in with the bar at the top of this page.
# Then press the Run button and choose an operation.
#
# You can also log in by hand. Run this mutation:
#
#   mutation Login($input: LoginInput!) {
#     login(input: $input) {
#       accessToken expiresIn userErrors { message }
#     }
#   }
#
# Its Variables pane holds your email and password:
#
#   {"input": {"email": "…", "password": "…"}}
#
# Then put the access token in the Headers pane:
#
#   {"Authorization": "Bearer …"}
#
# The sign-in bar is safer. It never stores the
# password, but the browser remembers what you type
# in the query and Variables panes.

# Export the trivia of one movie.
query FightClubTrivia {
  movieExport(movieId: "tmdb-550", category: TRIVIA) {
    fileName
    metadata { source revision lastUpdated }
    data { ... on Trivia { items { id text question answer } } }
  }
}

# Import one piece of trivia. Change the text first.
mutation AddTrivia {
  importCategory(input: {
    movieId: "tmdb-550"
    data: { trivia: { items: [{ text: "…a fact in one sentence…" }] } }
  }) {
    status
    updatedFields
    userErrors { path code message }
  }
}
`;
