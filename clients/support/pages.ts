// Pages on an origin of their own, as the development server of a front end has one.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Pages {
  port: number;
  stop(): Promise<void>;
}

/** Serves an empty page on a free port, for localhost and 127.0.0.1. */
export async function servePages(): Promise<Pages> {
  const server = createServer((_request, response) => {
    response.setHeader("Content-Type", "text/html; charset=utf-8");
    response.end("<!doctype html><title>A front end</title>");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { port, stop };
}
