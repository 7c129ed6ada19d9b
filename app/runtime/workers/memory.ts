import type { Config, SettingName } from '../../config/settings.ts'
import { createLedgerMemory } from '../../evidence/ledger/layout.ts'
import { createBlock } from '../../traffic/payload.ts'
import type { WorkerData } from '../messages.ts'

/** The memory that all workers share and whose size is a setting. */
export type SizedMemory = Pick<WorkerData, 'block' | 'ledger'>

/** Memory of the sizes that the settings ask for. */
export function createMemory(config: Config): SizedMemory {
  return {
    block: createBlock(config['buffer.size']),
    ledger: createLedgerMemory(config['ledger.memory']),
  }
}

/** The same memory, except for the parts whose setting has changed. */
export function changeMemory(
  memory: SizedMemory,
  config: Config,
  changed: readonly SettingName[],
): SizedMemory {
  const isChanged = (name: SettingName): boolean => changed.includes(name)
  return {
    block: isChanged('buffer.size') ? createBlock(config['buffer.size']) : memory.block,
    ledger: isChanged('ledger.memory')
      ? createLedgerMemory(config['ledger.memory'])
      : memory.ledger,
  }
}
