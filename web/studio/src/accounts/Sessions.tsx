// The open sessions of an account. A person ends their own.
import { useMutation } from "urql";
import { exactly, when } from "../messages/format.ts";
import { t } from "../messages/index.ts";
import { Button } from "../ui/controls.tsx";
import { problemsOf } from "../ui/problems.ts";
import { showToast } from "../ui/toasts.tsx";
import { clientName } from "./client.ts";
import { END_OTHER_SESSIONS, END_SESSION, type Account } from "./queries.ts";
import "../ui/tables.css";

interface SessionsProps {
  account: Account;
  /** Whether they are those of whoever looks at them. */
  isOwn: boolean;
}

export function Sessions({ account, isOwn }: SessionsProps) {
  const [, end] = useMutation(END_SESSION);
  const [{ fetching }, endOthers] = useMutation(END_OTHER_SESSIONS);
  const { nodes } = account.sessions;
  const columns = t.accounts.sessionColumns;

  const endOne = async (sessionId: string) => {
    const { data, error } = await end({ input: { sessionId } });
    const problem = problemsOf([], error, data?.logout.userErrors)?.rest;
    if (problem === undefined) showToast(t.accounts.sessionEnded);
    else showToast(problem, { tone: "failed" });
  };
  const endAllOthers = async () => {
    const { data, error } = await endOthers({});
    const problem = problemsOf([], error, data?.logoutEverywhere.userErrors)?.rest;
    if (problem === undefined)
      showToast(t.accounts.othersEnded(data?.logoutEverywhere.endedSessions ?? 0));
    else showToast(problem, { tone: "failed" });
  };

  return (
    <section className="section" aria-labelledby="sessions">
      <div className="section-head">
        <div>
          <h2 id="sessions">{t.accounts.sessions}</h2>
          <p className="sub">{t.accounts.sessionsText}</p>
        </div>
        {isOwn && nodes.length > 1 && (
          <Button isBusy={fetching} onPress={() => void endAllOthers()}>
            {t.accounts.endOthers}
          </Button>
        )}
      </div>
      {nodes.length === 0 ? (
        <p className="sub">{t.accounts.sessionsNone}</p>
      ) : (
        <table className="rows">
          <thead>
            <tr>
              <th scope="col">{columns.client}</th>
              <th scope="col">{columns.began}</th>
              <th scope="col">{columns.used}</th>
              <td />
            </tr>
          </thead>
          <tbody>
            {nodes.map(({ id, client, address, createdAt, lastRefreshedAt, isCurrent }) => (
              <tr key={id}>
                <td title={client}>
                  {clientName(client)}{" "}
                  {isCurrent && <span className="tag add">{t.accounts.current}</span>}
                  {address !== null && <span className="sub num">{address}</span>}
                </td>
                <td className="sub num" data-label={columns.began} title={exactly(createdAt)}>
                  {when(createdAt)}
                </td>
                <td className="sub num" data-label={columns.used} title={exactly(lastRefreshedAt)}>
                  {when(lastRefreshedAt)}
                </td>
                <td className="end">
                  {isOwn && !isCurrent && (
                    <Button
                      look="ghost"
                      aria-label={t.accounts.endSessionOf(clientName(client))}
                      onPress={() => void endOne(id)}
                    >
                      {t.accounts.endSession}
                    </Button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
