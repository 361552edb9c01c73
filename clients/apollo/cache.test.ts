import { testCache } from "../support/caches.ts";
import { createClient } from "./client.ts";

testCache("apollo", (url, session) => {
  const client = createClient(url, session);
  return {
    watch: (query, variables, onResult) => {
      const observable = client.watchQuery({ query, variables });
      const subscription = observable.subscribe(({ data, dataState }) => {
        if (dataState === "complete") onResult(data as never);
      });
      return { stop: () => subscription.unsubscribe() };
    },
    mutate: async (mutation, variables) => {
      const { data } = await client.mutate({ mutation, variables });
      if (data === undefined) throw new Error("the mutation has no data");
      return data;
    },
  };
});
