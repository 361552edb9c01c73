// Asks for the password again when the session has ended. The page below stays as it is, and the
// requests that were refused go on after the log-in.
import { t } from "../messages/index.ts";
import { Button } from "../ui/controls.tsx";
import { Dialog } from "../ui/Dialog.tsx";
import { session, type Viewer } from "./session.ts";
import { SignInForm } from "./SignIn.tsx";

export function Reauthenticate({ viewer }: { viewer: Viewer }) {
  return (
    <Dialog title={t.signIn.again} isOpen onClose={() => undefined} isRequired>
      <p>{t.signIn.againText}</p>
      <SignInForm email={viewer.email} />
      <Button look="ghost" onPress={() => session.abandon()}>
        {t.signIn.other}
      </Button>
    </Dialog>
  );
}
