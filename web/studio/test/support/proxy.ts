// A proxy between the browser and the service that can lose answers, as networks do.
import { connect, createServer, type AddressInfo } from "node:net";

export interface LossyProxy {
  url: string;
  /** Whether the answers to the execution of dry runs are lost. */
  isLosing: boolean;
  stop(): Promise<void>;
}

const EXECUTION = "mutation ExecuteJob";

export async function startLossyProxy(target: string): Promise<LossyProxy> {
  const { hostname, port } = new URL(target);
  const server = createServer((client) => {
    const service = connect(Number(port), hostname);
    let isExecution = false;
    client.on("data", (chunk) => {
      isExecution ||= chunk.toString("latin1").includes(EXECUTION);
      service.write(chunk);
    });
    service.on("data", (chunk) => {
      if (isExecution && proxy.isLosing) client.destroy();
      else client.write(chunk);
      isExecution = false;
    });
    const end = () => {
      client.destroy();
      service.destroy();
    };
    for (const side of [client, service]) side.on("error", end).on("close", end);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const proxy: LossyProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    isLosing: false,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
  return proxy;
}
