// Changing the own password: the request that ends all sessions of the account and begins a new
// one, whose refresh token comes in the cookie.
import { CSRF, type Refusal, type Tokens } from "./session.ts";

export interface PasswordChange {
  oldPassword: string;
  newPassword: string;
  revokeTokens: boolean;
}

/** `wrong` is about the old password; `invalid` says what is wrong with the new one. */
export type PasswordRefusal = Refusal | { reason: "invalid"; message: string };

const CHANGE_PASSWORD = `mutation ($input: ChangePasswordInput!) {
  changePassword(input: $input) { accessToken expiresIn userErrors { field message } }
}`;

interface Answer {
  data?: {
    changePassword: {
      accessToken: string | null;
      expiresIn: number;
      userErrors: { field: string[] | null; message: string }[];
    };
  } | null;
  errors?: { message: string; extensions?: { code?: string; retryAfter?: number } }[];
}

export async function changePassword(
  token: string,
  change: PasswordChange,
): Promise<Tokens | PasswordRefusal> {
  let answer: Answer;
  try {
    const response = await fetch("/graphql", {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        Authorization: `Bearer ${token}`,
        ...CSRF,
      },
      body: JSON.stringify({
        query: CHANGE_PASSWORD,
        variables: { input: { ...change, cookie: true } },
      }),
      keepalive: true,
    });
    answer = (await response.json()) as Answer;
  } catch {
    return { reason: "unreachable" };
  }
  const error = answer.errors?.[0];
  if (error?.extensions?.code === "RATE_LIMITED")
    return { reason: "too-many", seconds: error.extensions.retryAfter ?? 0 };
  const payload = answer.data?.changePassword;
  if (error !== undefined || payload === undefined)
    return error === undefined
      ? { reason: "unreachable" }
      : { reason: "invalid", message: error.message };
  const problem = payload.userErrors[0];
  if (problem !== undefined) {
    return problem.field?.includes("oldPassword") === true
      ? { reason: "wrong" }
      : { reason: "invalid", message: problem.message };
  }
  return { access_token: payload.accessToken ?? "", expires_in: payload.expiresIn };
}
