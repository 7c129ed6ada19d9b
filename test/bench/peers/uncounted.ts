// Loaded into the origin before it starts (--import): nothing is counted any more, to see what counting
// costs. The methods stay, so that what is measured is their work and not a different program.
import { Slab } from '../../../app/telemetry/slab.ts'

const nothing = (): void => {}
Object.assign(Slab.prototype, { add: nothing, count: nothing, countBodies: nothing })
