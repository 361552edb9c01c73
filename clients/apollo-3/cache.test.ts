import { testCache } from "../support/caches.ts";
import { createClient } from "./client.ts";

testCache("apollo-3", (url, session) => {
  const client = createClient(url, session);
  return {
    watch: (query, variables, onResult) => {
      const observable = client.watchQuery({ query, variables });
      const subscription = observable.subscribe(({ data }) => onResult(data));
      return { stop: () => subscription.unsubscribe() };
    },
    mutate: async (mutation, variables) => {
      const { data } = await client.mutate({ mutation, variables });
      if (!data) throw new Error("the mutation has no data");
      return data;
    },
  };
});
