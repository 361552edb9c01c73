import { graphql } from "../graphql/generated/index.ts";
import type { AuditLogQuery } from "../graphql/generated/graphql.ts";

export const AUDIT_LOG = graphql(`
  query AuditLog($filter: AuditFilter, $first: Int!, $after: String) {
    auditLog(filter: $filter, first: $first, after: $after) {
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
      nodes {
        id
        at
        accountId
        email
        credential
        credentialId
        via
        address
        requestId
        operation
        targetKind
        targetId
        category
        outcome
        code
        detail
        count
        importId
      }
    }
  }
`);

export type AuditEntry = NonNullable<AuditLogQuery["auditLog"]>["nodes"][number];
