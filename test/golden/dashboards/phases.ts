import { MappingType, type ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard'

import { type Phase, phases } from '../../../app/runtime/phase.ts'
import { colours } from './panels.ts'

const phaseColours: Readonly<Record<Phase, string>> = {
  starting: 'blue',
  ready: colours.good,
  notice: 'yellow',
  finishing: colours.fair,
  stopped: colours.bad,
}

/** Words for the values of hpdummy_drain_phase. */
export const phaseMappings: readonly ValueMapping[] = [
  {
    type: MappingType.ValueToText,
    options: Object.fromEntries(
      phases.map((phase, index) => [index, { text: phase, color: phaseColours[phase], index }]),
    ),
  },
]

/** Words for a gauge that is 0 or 1; the colour of `bad` says which of them it is. */
export function yesOrNo(words: {
  readonly yes: string
  readonly no: string
  readonly bad: 'yes' | 'no'
}): readonly ValueMapping[] {
  const of = (answer: 'yes' | 'no', index: number): object => ({
    text: words[answer],
    color: words.bad === answer ? colours.bad : colours.good,
    index,
  })
  return [{ type: MappingType.ValueToText, options: { 0: of('no', 0), 1: of('yes', 1) } }]
}
