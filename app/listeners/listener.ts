/** One protocol opened on one port in one worker. The runtime knows no more of it than this. */
export interface Listener {
  readonly name: string
  /** Opens the port. */
  open(): Promise<void>
  /** From now on every answer ends its connection, and WebSockets are sent away over `spreadMs`. */
  drain(spreadMs: number): void
  /** Takes no new connections; the ones there go on. */
  stopAccepting(): void
  /** Cuts what is left. After this the thread may end. */
  close(): void
  /** For TLS ports: serves certificates as the files have them now; open connections stay. */
  renewCertificates?(): Promise<void>
  /** Settings of class hot have changed. */
  retune?(): void
}
