import { workerData } from 'node:worker_threads'

import { putUp } from '../../../app/telemetry/board.ts'

// The test that starts this thread gives it a board.
const board = workerData as SharedArrayBuffer

for (let turn = 0; turn < 20_000; turn++) {
  putUp(board, String.fromCodePoint(97 + (turn % 26)).repeat(1 + (turn % 5000)))
}
putUp(board, 'done')
