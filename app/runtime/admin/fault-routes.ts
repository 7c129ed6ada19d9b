import { type Answers, objectOf } from '../../endpoints/answers.ts'
import type { Carrier, Fault } from '../../traffic/faults/plan.ts'
import { behaviours, byteFaults } from '../../traffic/faults/table.ts'
import {
  HpProblem,
  type Pair,
  parseHp,
  printHp,
  printPair,
  unfitFor,
} from '../../traffic/hp/grammar.ts'
import type { AdminAnswer, AdminRoute } from './route.ts'

/** Open ports by the names of their listeners; undefined before they are open. */
type OpenPorts = () => Readonly<Partial<Record<string, number | undefined>>> | undefined

// What a header of a request can hold beside others, and far more than a text needs.
const longestText = 8192

const carriers: readonly Carrier[] = ['fast', 'http1', 'http2', 'websocket', 'grpc', 'tcp']

/** The table of faults and the reader of fault texts, for the page that builds them and for scripts. */
export function faultRoutes(ports: OpenPorts): readonly AdminRoute[] {
  return [
    {
      path: '/api/v1/faults',
      method: 'GET',
      summary: 'Every fault with its examples, and who can carry it out, as JSON',
      answers: jsonAnswers('The faults, and the ports where they can be asked for'),
      answer: () =>
        jsonAnswer({
          ports: ports() ?? {},
          faults: [
            ...behaviours.map((fault) => describe(fault, 'behaviour')),
            ...byteFaults.map((fault) => describe(fault, 'byte-level')),
          ],
        }),
    },
    {
      path: '/api/v1/faults/read',
      method: 'GET',
      summary: 'Reads a fault text: ?text=delay=10ms:5; its plain form, or what is wrong with it',
      query: { text: { doc: 'as in the header X-HP', schema: { type: 'string' } } },
      answers: jsonAnswers('The text in its plain form, or the problem with a caret under it'),
      answer: ({ query }) => jsonAnswer(read(query.get('text') ?? '')),
    },
  ]
}

function describe(
  { name, aliases = [], syntax, examples, effect, proxy, carriers: who }: Fault,
  kind: 'behaviour' | 'byte-level',
): object {
  return { name, kind, aliases, syntax, examples, effect, proxy, carriers: who }
}

/** One name and its value, so that a page can take it away or make it happen less often. */
function partOf(pair: Pair): object {
  const [choice, ...more] = pair.choices
  const text = printPair(pair)
  // A value that says when it happens has no second such word.
  const isAlways = more.length === 0 && choice?.when.kind === 'always'
  return { text, isAlways }
}

function read(text: string): object {
  if (text.length > longestText) {
    return { problem: `a fault text has at most ${longestText} characters` }
  }
  try {
    const hp = parseHp(text)
    const options = printHp({ ...hp, pairs: [] })
      .split('; ')
      .filter(Boolean)
    return {
      text: printHp(hp),
      parts: [
        ...hp.pairs.map((pair) => partOf(pair)),
        ...options.map((option) => ({ text: option })),
      ],
      unfit: Object.fromEntries(
        carriers.map((carrier) => [carrier, unfitFor(hp, carrier).map(({ name }) => name)]),
      ),
    }
  } catch (error) {
    if (error instanceof HpProblem) return { problem: error.message }
    throw error
  }
}

function jsonAnswers(description: string): Answers {
  return { 200: { description, content: { 'application/json': objectOf({}) } } }
}

function jsonAnswer(value: object): AdminAnswer {
  return { contentType: 'application/json', body: `${JSON.stringify(value, null, 2)}\n` }
}
