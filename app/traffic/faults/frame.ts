import { scanNeeded } from '../syntax/after-word.ts'
import type { Fault, FrameDefect } from './plan.ts'

const defects: Readonly<Record<FrameDefect, string>> = {
  rsv: 'a reserved bit that no extension has agreed on',
  opcode: 'an opcode that is not assigned (3)',
  masked: 'a mask bit, which servers never set',
  continuation: 'a continuation of no message',
}

const names = Object.keys(defects) as FrameDefect[]

/** A WebSocket frame that breaks the protocol. */
export const frame: Fault = {
  name: 'frame',
  syntax: '=<rsv, opcode, masked or continuation>',
  examples: ['fault=frame=opcode', 'fault=frame=rsv:10'],
  effect: `The first frame that the origin sends on a WebSocket breaks RFC 6455 5.2: ${names
    .map((name) => `${name} is ${defects[name]}`)
    .join('; ')}.`,
  proxy:
    'A proxy passes the bytes on; one that reads frames fails the connection with 1002 (RFC 6455 7.1.7).',
  carriers: ['websocket'],
  scan(scanner) {
    const scanDefect = (): FrameDefect =>
      names.find((name) => scanner.skip(name)) ?? scanner.fail(names.join(', '))
    const defect = scanNeeded(scanner, scanDefect, `= and one of ${names.join(', ')}`)
    return { text: `=${defect}`, plan: () => ({ frame: defect }) }
  },
}
