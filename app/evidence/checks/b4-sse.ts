import { type Check, note } from './check.ts'
import { stream } from './stream-gaps.ts'

/** Is a stream held back? */
export const b4: Check = {
  id: 'B4',
  title: 'Server-sent events pass as they come',
  level: 'note',
  rule: '-',
  sent: 'GET /sse: 20 events, 100 ms apart.',
  judged: 'Tells whether they arrive spread over time, by the gaps at the client.',
  async run(probe) {
    const { isBuffered, seen } = await stream(probe)
    return note(
      `${seen}.`,
      isBuffered
        ? 'It holds the stream back until it ends or a buffer is full.'
        : 'It passes events on as they come.',
    )
  },
}
