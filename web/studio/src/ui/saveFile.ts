/** Downloads the file at an address that is answered as an attachment. */
export function followDownload(url: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = "";
  link.click();
}

/** Saves a file, as a download of the browser. */
export function saveFile(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser reads the data when the download starts, which is after this call.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
