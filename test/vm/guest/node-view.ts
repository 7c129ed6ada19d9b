// Preloaded: what Node itself takes the limits for, beside what the origin makes of them.
import { availableParallelism } from 'node:os'

process.stderr.write(`availableParallelism ${availableParallelism()}\n`)
