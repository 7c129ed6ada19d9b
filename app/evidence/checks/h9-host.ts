import { type Answer, describe, valuesOf } from '../client/answer.ts'
import { type Check, type Probe, note } from './check.ts'

/** Which host the origin hears of. */
export const h9: Check = {
  id: 'H9',
  title: 'The Host that the origin sees',
  level: 'note',
  rule: 'RFC 9112 3.2.2',
  sent: 'GET with Host: verify.example, and GET http://absolute.example/verify with that Host.',
  judged: 'Tells the Host that arrived.',
  needs: ['wire'],
  async run(probe) {
    const fields = [['Host', 'verify.example']] as const
    const plain = await hostOf(probe, '/verify', fields)
    const absolute = await hostOf(probe, 'http://absolute.example/verify', fields)
    return note(
      `Host: verify.example arrived as ${plain}; with the absolute target it was ${absolute}.`,
    )
  },
}

async function hostOf(
  probe: Probe,
  path: string,
  fields: readonly (readonly [string, string])[],
): Promise<string> {
  const id = probe.token()
  const answer: Answer = await probe.ask({ id, path, fields })
  try {
    const received = await probe.received(id, answer)
    return (
      valuesOf(received.fields, 'host').join(' and ') ||
      valuesOf(received.fields, ':authority').join() ||
      'none'
    )
  } catch {
    return `refused (${describe(answer)})`
  }
}
