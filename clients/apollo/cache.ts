import { InMemoryCache } from "@apollo/client";
import { embeddedTypes, possibleTypes } from "../caches.json";

/** Embedded objects belong to the object that contains them, and have no identity of their own. */
const embedded = embeddedTypes.map((type) => [type, { keyFields: false, merge: true }]);

export function createCache(): InMemoryCache {
  return new InMemoryCache({ possibleTypes, typePolicies: Object.fromEntries(embedded) });
}
