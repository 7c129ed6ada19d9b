import { type Check, note } from './check.ts'
import { uploadSlowly } from './uploaded-pieces.ts'

/** Is an upload held back? */
export const b6: Check = {
  id: 'B6',
  title: 'An upload passes as it comes',
  level: 'note',
  rule: '-',
  sent: 'POST /upload of 10 pieces, 150 ms apart.',
  judged: 'Tells when the pieces reached the origin, by its own clock.',
  needs: ['ledger'],
  async run(probe) {
    const { isBuffered, seen } = await uploadSlowly(probe)
    return note(
      `${seen}.`,
      isBuffered
        ? 'It waits for the whole upload before it tells the origin of it: memory or disk for each, and no early refusal.'
        : 'It passes an upload on as it comes.',
    )
  },
}
