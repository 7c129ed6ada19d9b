import { type Check, note } from './check.ts'
import { stream } from './stream-gaps.ts'

/** nginx's own word for the same. */
export const b8: Check = {
  id: 'B8',
  title: 'X-Accel-Buffering: no changes how a stream passes',
  level: 'note',
  rule: 'nginx proxy_buffering',
  sent: 'GET /sse twice, once with X-Accel-Buffering: no in the answer.',
  judged: 'Tells the difference.',
  async run(probe) {
    const [plain, asked] = await Promise.all([
      stream(probe),
      stream(probe, { hp: 'header=X-Accel-Buffering:no' }),
    ])
    const why =
      plain.isBuffered === asked.isBuffered
        ? 'It makes no difference.'
        : 'The field turns its buffering off.'
    return note(`Without: ${plain.seen}. With: ${asked.seen}.`, why)
  },
}
