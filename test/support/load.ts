import { pause } from './wait.ts'

/** One client of a load. It does one thing after the other, on a connection of its own. */
export interface LoadClient {
  /**
   * Does one thing and resolves to whether it was answered. It is not where the other side may leave it unanswered; a
   * `Refusal` is an honest no; any other rejection is a loss.
   */
  readonly ask: () => Promise<boolean>
  readonly end: () => void
}

/** The other side said that it has no room, as 503 or its like does. */
export class Refusal extends Error {}

export interface Pace {
  readonly connections: number
  /** Between an answer and the next question of a client. */
  readonly thinkMs: number
}

// Not at once after a loss, so that a port on which nobody listens is not asked in a tight loop.
const restMs = 20

/** Clients in closed loops: each asks, waits for the answer, rests and asks again, until `stop`. A lost question is not asked again. */
export class Load<Loss = unknown> {
  answered = 0
  refused = 0
  /** How long each answer took, in milliseconds. */
  readonly ms: number[] = []
  readonly losses: Loss[] = []
  readonly #running: Promise<unknown>
  #isStopping = false

  constructor(
    createClient: (isStopping: () => boolean) => LoadClient,
    { connections, thinkMs }: Pace,
  ) {
    const clients = Array.from({ length: connections }, () => createClient(() => this.#isStopping))
    this.#running = Promise.all(clients.map((client) => this.#run(client, thinkMs)))
  }

  /** Lets the questions under way be answered, and ends the clients. */
  async stop(): Promise<void> {
    this.#isStopping = true
    await this.#running
  }

  async #run(client: LoadClient, thinkMs: number): Promise<void> {
    while (!this.#isStopping) {
      const isWell = await this.#ask(client)
      const ms = isWell ? thinkMs : Math.max(thinkMs, restMs)
      if (ms > 0) await pause(ms)
    }
    client.end()
  }

  async #ask(client: LoadClient): Promise<boolean> {
    const askedAt = performance.now()
    try {
      if (await client.ask()) {
        this.answered++
        this.ms.push(performance.now() - askedAt)
      }
      return true
    } catch (error) {
      if (error instanceof Refusal) this.refused++
      else this.losses.push(error as Loss)
      return false
    }
  }
}
