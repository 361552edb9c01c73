import { testCache } from "../support/caches.ts";
import { createClient } from "./client.ts";

testCache("urql", (url, session) => {
  const client = createClient(url, session);
  return {
    watch: (query, variables, onResult) => {
      const subscription = client.query(query, variables).subscribe(({ data }) => {
        if (data !== undefined) onResult(data);
      });
      return { stop: () => subscription.unsubscribe() };
    },
    mutate: async (mutation, variables) => {
      const { data, error } = await client.mutation(mutation, variables);
      if (error) throw error;
      if (data === undefined) throw new Error("the mutation has no data");
      return data;
    },
  };
});
