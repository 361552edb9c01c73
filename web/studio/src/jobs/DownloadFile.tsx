// Download the file of a completed export.
import { useState } from "react";
import { useClient } from "urql";
import { t } from "../messages/index.ts";
import { Button } from "../ui/controls.tsx";
import { problemsOf } from "../ui/problems.ts";
import { followDownload } from "../ui/saveFile.ts";
import { showToast } from "../ui/toasts.tsx";
import { isExport } from "./facts.ts";
import { JOB_FILE, type JobRow } from "./queries.ts";

export function DownloadFile({ job }: { job: JobRow }) {
  const client = useClient();
  const [isBusy, setBusy] = useState(false);
  const run = async () => {
    setBusy(true);
    const options = { requestPolicy: "network-only" } as const;
    const { data, error } = await client.query(JOB_FILE, { id: job.id }, options);
    setBusy(false);
    const url = data?.job?.fileUrl;
    if (url != null) followDownload(url);
    else showToast(problemsOf([], error, [])?.rest ?? t.jobs.noFile, { tone: "failed" });
  };
  if (!isExport(job) || job.state !== "COMPLETED") return null;
  return (
    <Button look="main" isBusy={isBusy} onPress={() => void run()}>
      {t.jobs.downloadFile}
    </Button>
  );
}
