import type { Arrival, ArrivalEnd, KnownEnd, RequestRest } from '../../evidence/ledger/arrival.ts'
import type { Arriving, Ledger } from '../../evidence/ledger/ledger.ts'
import type { Slab } from '../../telemetry/slab.ts'
import type { Trace, Witness, WitnessedRequest } from '../../telemetry/witness.ts'
import { faultNames } from '../../traffic/faults/table.ts'
import { WebSocketRecord } from './ws-record.ts'

/** Where the exchanges of one row are recorded on one kind of listener. */
export interface RecordPlace {
  readonly slab: Slab
  /** The row's label in the slab. */
  readonly route: number
  /** The row's path, its label for witnesses. */
  readonly path: string
  /** Undefined while nothing observes single exchanges. */
  readonly witness: () => Witness | undefined
  /** Undefined for rows whose exchanges leave no record in the arrival ledger: those that read it. */
  readonly ledger?: Ledger | undefined
}

/** The place of the row with a path; throws when there is no such row. */
export type Places = (path: string) => RecordPlace

/**
 * The places of a listener's rows. `paths` is the table that `/metrics` reads labels from: a row's number in
 * the slab is its position there.
 */
export function createPlaces(
  { slab, witness, ledger }: Pick<RecordPlace, 'slab' | 'witness' | 'ledger'>,
  paths: readonly string[],
): Places {
  const placeOf = (path: string, route: number): RecordPlace => {
    const isReader = path.startsWith('/ledger')
    return { slab, witness, path, route, ledger: isReader ? undefined : ledger }
  }
  const places = new Map(paths.map((path, route) => [path, placeOf(path, route)]))
  return (path) => {
    const place = places.get(path)
    if (place === undefined) throw new TypeError(`no row has the path ${path}`)
    return place
  }
}

/** What the record reads of an exchange; the last ones at its end. */
export interface Recorded extends Arriving {
  /** What a witness is shown; `route` is the row's path. Asked for once, and only while there is a witness. */
  readonly describe: (route: string) => WitnessedRequest
  readonly bytesIn: number
  readonly isAborted: boolean
  /** What came of the request after its head. */
  readonly requestRest?: () => RequestRest
  /** Its record in the arrival ledger, where it has one; set when the exchange begins. */
  arrival?: Arrival | undefined
}

/**
 * One exchange from its begin to its end: a request, a call, a handshake, or bytes that were refused before they
 * became any of these. Counters, trace and observers hear of each end here, once, and nowhere else.
 */
export class ExchangeRecord {
  /** Bytes of the answer's body so far. */
  bytesOut = 0
  isOver = false
  readonly #place: RecordPlace
  readonly #exchange: Recorded
  readonly #shown: WitnessedRequest | undefined
  readonly #trace: Trace | undefined
  readonly #arrival: Arrival | undefined
  #isActive = false
  /** Faults that were asked for, and those of them that happened; undefined for most exchanges. */
  #faults: Map<string, boolean> | undefined
  /** The fault that happened last. */
  #lastFault: string | undefined
  #atEnd: (() => void) | undefined
  #webSocket: WebSocketRecord | undefined
  /** What the arrival ledger is told, once the exchange is over. */
  #over: ArrivalEnd | undefined
  /** Undefined where nobody tells. */
  #work: 'under way' | 'over' | undefined

  /** The exchange begins. A witness is shown it now, while the engine's request still lives. */
  constructor(place: RecordPlace, exchange: Recorded) {
    this.#place = place
    this.#exchange = exchange
    const arrival = place.ledger?.begin(exchange, place.path)
    this.#arrival = arrival
    if (arrival !== undefined) exchange.arrival = arrival
    const witness = place.witness()
    if (witness === undefined) return
    this.#shown = exchange.describe(place.path)
    this.#trace = witness.trace?.(this.#shown)
  }

  /** What the answer tells of its trace. */
  get traceHeaders(): Trace['headers'] {
    return this.#trace?.headers ?? []
  }

  /** Whether it has a record in the arrival ledger: the request has an id. */
  get isRecorded(): boolean {
    return this.#arrival !== undefined
  }

  /** The exchange counts as active until its end. One that ends in the turn it begins in need not. */
  activate(): void {
    if (this.#isActive || this.isOver) return
    this.#isActive = true
    this.#place.slab.add('exchangesActive', 1)
  }

  /** A fault is asked for; whether it happens is told by `injected`. */
  asked(fault: string): void {
    this.#faults ??= new Map()
    if (!this.#faults.has(fault)) this.#faults.set(fault, false)
  }

  /** Runs once, when the exchange is over. */
  atEnd(run: () => void): void {
    this.#atEnd = run
  }

  /** A fault happens. */
  injected(fault: string): void {
    this.#faults?.set(fault, true)
    this.#lastFault = fault
  }

  /** How the exchange is about to end, where the listener knows more than the exchange does. */
  endsBy(end: KnownEnd): void {
    this.#arrival?.endsBy(end)
  }

  /** A fault ends the exchange: the one that happened last. */
  endsByFault(): void {
    const fault = this.#lastFault
    if (fault !== undefined) this.#arrival?.endsBy({ cause: 'fault', by: 'origin', fault })
  }

  /**
   * A WebSocket is agreed to. Counters and observers hear of the handshake, at `end`; the arrival ledger hears of the
   * WebSocket, when it closes. Undefined when it has no record there.
   */
  agreed(): WebSocketRecord | undefined {
    if (this.#arrival !== undefined) {
      this.#webSocket = new WebSocketRecord(this.#arrival, () => this.#tellLedger())
    }
    return this.#webSocket
  }

  /**
   * The listener tells by `worked` when the endpoint stops, also after the client has left: until then the arrival ledger
   * is not told of such an end.
   */
  works(): void {
    this.#work = 'under way'
  }

  /** The endpoint has stopped. */
  worked(): void {
    this.#work = 'over'
    this.#tellLedger()
  }

  /** Bytes of the answer's body are on their way. */
  sent(bytes: number): void {
    this.#arrival?.answered(this.bytesOut)
    this.bytesOut += bytes
    this.#place.slab.add('bytesOut', bytes)
  }

  /** The exchange is over. Only the first call counts. */
  end(status: number): void {
    if (this.isOver) return
    this.isOver = true
    const { slab, route, witness } = this.#place
    const { bytesIn, isAborted } = this.#exchange
    const { bytesOut } = this
    if (this.#isActive) slab.add('exchangesActive', -1)
    slab.countBodies(bytesIn, bytesOut)
    const injected = this.#faults === undefined ? noFaults : this.#countFaults(this.#faults)
    const { method, startedAt } = this.#exchange
    slab.observe(route, status, { method, startedAt, isInjected: injected.length > 0 })
    if (this.#arrival !== undefined) {
      const rest = this.#exchange.requestRest?.()
      const leftAt = isAborted && this.#work !== undefined ? performance.now() : undefined
      this.#over = { status, bytesIn, bytesOut, isAborted, leftAt, faults: injected, ...rest }
      this.#tellLedger()
    }
    if (this.#shown === undefined) return
    const ended = { ...this.#shown, status, bytesIn, bytesOut, isAborted, injected }
    this.#trace?.end(ended)
    witness()?.ended?.(ended)
  }

  #tellLedger(): void {
    const [arrival, over, webSocket] = [this.#arrival, this.#over, this.#webSocket]
    const { ledger } = this.#place
    if (arrival === undefined || over === undefined || ledger === undefined) return
    if (webSocket?.isOpen === true) return
    // A worker that leaves does not wait for endpoints.
    if (over.isAborted && this.#work === 'under way' && !ledger.isClosing) return
    this.#over = undefined
    ledger.end(arrival, { ...over, ...webSocket?.over })
  }

  #countFaults(faults: ReadonlyMap<string, boolean>): readonly string[] {
    this.#atEnd?.()
    for (const [fault, isDone] of faults) {
      this.#place.slab.countFault(faultNames.indexOf(fault), isDone)
    }
    return [...faults].filter(([, isDone]) => isDone).map(([fault]) => fault)
  }
}

const noFaults: readonly string[] = []

/**
 * Records exchanges that get a constant answer while there is no witness: one record for all of them, because an
 * object for each would be measurable beside an answer of 2 us.
 */
export class ConstantRecord {
  readonly #slab: Slab
  readonly #slot: number

  constructor({ slab, route }: RecordPlace, status: number) {
    this.#slab = slab
    this.#slot = slab.slot(route, status, { method: 'GET' })
  }

  /** An exchange ends in the turn it began in. */
  end(bytesOut: number, seconds: number): void {
    this.#slab.add('bytesOut', bytesOut)
    this.#slab.countBodies(0, bytesOut)
    this.#slab.count(this.#slot, seconds)
  }

  /** An exchange outlives its turn; `endLater` ends it. */
  activate(): void {
    this.#slab.add('exchangesActive', 1)
  }

  /** Ends an exchange that was activated. */
  endLater(bytesOut: number, seconds: number): void {
    this.#slab.add('exchangesActive', -1)
    this.end(bytesOut, seconds)
  }
}
