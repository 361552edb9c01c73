// The personal access tokens of an account. Each person makes their own; an admin revokes any.
import { useState } from "react";
import { useMutation } from "urql";
import { CATEGORIES } from "../catalogue/categories.ts";
import { exactly, when } from "../messages/format.ts";
import { t } from "../messages/index.ts";
import { Button } from "../ui/controls.tsx";
import { Confirm } from "../ui/Confirm.tsx";
import { problemsOf } from "../ui/problems.ts";
import { showToast } from "../ui/toasts.tsx";
import { NewToken } from "./NewToken.tsx";
import { REVOKE_TOKEN, type Account } from "./queries.ts";
import "../ui/tables.css";

type Token = Account["tokens"]["nodes"][number];

export function Tokens({ account, isOwn }: { account: Account; isOwn: boolean }) {
  const [isMaking, setMaking] = useState(false);
  const [revoked, setRevoked] = useState<Token | null>(null);
  const [, revoke] = useMutation(REVOKE_TOKEN);
  const { nodes } = account.tokens;

  const confirm = async ({ id, name }: Token) => {
    const { data, error } = await revoke({ input: { id } });
    const problem = problemsOf([], error, data?.revokeToken.userErrors)?.rest;
    if (problem === undefined) showToast(t.accounts.revoked(name));
    else showToast(problem, { tone: "failed" });
  };

  return (
    <section className="section" aria-labelledby="tokens">
      <div className="section-head">
        <div>
          <h2 id="tokens">{t.accounts.tokens}</h2>
          <p className="sub">{t.accounts.tokensText}</p>
        </div>
        {isOwn && (
          <Button icon="plus" onPress={() => setMaking(true)}>
            {t.accounts.newToken}
          </Button>
        )}
      </div>
      {nodes.length === 0 ? (
        <p className="sub">{t.accounts.tokensNone}</p>
      ) : (
        <Table tokens={nodes} onRevoke={setRevoked} />
      )}
      {isMaking && <NewToken onClose={() => setMaking(false)} />}
      {revoked !== null && (
        <Confirm
          title={t.accounts.revokeTitle(revoked.name)}
          action={t.accounts.revoke}
          onClose={() => setRevoked(null)}
          onConfirm={() => confirm(revoked)}
        >
          {t.accounts.revokeText}
        </Confirm>
      )}
    </section>
  );
}

function Table({ tokens, onRevoke }: { tokens: Token[]; onRevoke: (token: Token) => void }) {
  const columns = t.accounts.tokenColumns;
  return (
    <table className="rows">
      <thead>
        <tr>
          <th scope="col">{columns.name}</th>
          <th scope="col">{columns.may}</th>
          <th scope="col">{columns.used}</th>
          <th scope="col">{columns.expires}</th>
          <td />
        </tr>
      </thead>
      <tbody>
        {tokens.map((token) => (
          <tr key={token.id}>
            <td>
              <b className="name" dir="auto">
                {token.name}
              </b>
              <span className="sub num" title={exactly(token.createdAt)}>
                {t.accounts.createdAt(when(token.createdAt))}
              </span>
            </td>
            <td>
              {t.roles[token.role]}
              <span className="sub">{limitsOf(token)}</span>
            </td>
            <td className="sub num" data-label={columns.used}>
              {token.lastUsedAt === null ? (
                t.accounts.neverUsed
              ) : (
                <span title={exactly(token.lastUsedAt)}>{when(token.lastUsedAt)}</span>
              )}
            </td>
            <td className="sub num" data-label={columns.expires}>
              <Expiry at={token.expiresAt} />
            </td>
            <td className="end">
              <Button
                look="danger"
                aria-label={t.accounts.revokeOf(token.name)}
                onPress={() => onRevoke(token)}
              >
                {t.accounts.revoke}
              </Button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Expiry({ at }: { at: string | null }) {
  if (at === null) return t.accounts.neverExpires;
  if (new Date(at).getTime() <= Date.now())
    return <span className="tag remove">{t.accounts.expired}</span>;
  return <span title={exactly(at)}>{when(at)}</span>;
}

function limitsOf({ source, categories, mayPublish }: Token): string {
  const limits = [
    source === null ? "" : t.accounts.tokenSource(t.sources[source]),
    mayPublish ? t.accounts.mayPublish : "",
    categories.length === CATEGORIES.length
      ? ""
      : t.accounts.tokenLimit(categories.map((each) => t.categories[each]).join(", ")),
  ];
  return limits.filter((each) => each !== "").join("; ");
}
