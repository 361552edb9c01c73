// How a person can log in: with a password, or through a provider that the service is configured
// with.
import { session } from "./session.ts";

interface Provider {
  label: string;
  /** Where the browser goes to log in there. */
  url: string;
}

export interface Methods {
  password: boolean;
  providers: Provider[];
}

const PASSWORD_ONLY: Methods = { password: true, providers: [] };

/** The methods of the service. If they are not known, a password can be tried. */
export async function loginMethods(): Promise<Methods> {
  try {
    const response = await fetch("/api/v1/auth/methods");
    if (!response.ok) return PASSWORD_ONLY;
    const { password, providers } = (await response.json()) as {
      password: boolean;
      providers: { label: string; login_url: string }[];
    };
    return { password, providers: providers.map(({ label, login_url: url }) => ({ label, url })) };
  } catch {
    return PASSWORD_ONLY;
  }
}

/** Leaves the page for the provider, which comes back to it with a session. */
export function logInThrough({ url }: Provider): void {
  session.expectSession();
  const { pathname, search } = window.location;
  window.location.assign(`${url}?${new URLSearchParams({ return_to: pathname + search })}`);
}
