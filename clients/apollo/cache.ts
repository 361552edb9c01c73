import { InMemoryCache } from "@apollo/client";
import { embeddedTypes, possibleTypes } from "../caches.json";

/** Embedded objects belong to the object that contains them, and have no identity of their own. */
const embedded = embeddedTypes.map((type) => [type, { keyFields: false, merge: true }]);

/** Lists that can become shorter; the newer one replaces the older. */
const whole = { merge: false };
const Movie = { fields: { drafts: whole, locks: whole, provenance: whole } };

export function createCache(): InMemoryCache {
  const typePolicies = { ...Object.fromEntries(embedded), Movie };
  return new InMemoryCache({ possibleTypes, typePolicies });
}
