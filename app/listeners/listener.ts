/** One protocol opened on one port in one worker. The runtime knows only this about it. */
export interface Listener {
  readonly name: string
  /** Opens the port. */
  open(): Promise<void>
  /** From now on every answer ends its connection, and WebSockets are sent away over `spreadMs`. */
  drain(spreadMs: number): void
  /** Accepts no new connections; existing ones go on. */
  stopAccepting(): void
  /** Cuts what is left. After this the thread may end. */
  close(): void
  /** For TLS ports: serves the current certificates of the files. Open connections stay. */
  renewCertificates?(): Promise<void>
  /** Settings of class hot have changed. */
  retune?(): void
}
