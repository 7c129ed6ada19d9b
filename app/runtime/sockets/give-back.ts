import { type SocketMachine, thisMachine } from './options.ts'

// malloc.h. By itself glibc raises the threshold to the largest block it was given back, up to 32 MiB, and keeps what
// is smaller for itself: what 30 unfinished messages of 16 MiB, or 100 WebSockets that echo 64 KiB to clients that
// read nothing, had held was not the kernel's again, and 256 MiB were used up; with it the peak is 227 and 203 MiB.
const mmapThreshold = -3
const largeBytes = 512 * 1024

/**
 * Has every block of 512 KiB and more go back to the kernel at once when it is freed. Needed where memory is limited.
 * Never fails: another C library than glibc goes its own way.
 */
export async function giveBackLargeBlocks({
  platform,
  loadForeignFunctions,
}: SocketMachine = thisMachine): Promise<void> {
  if (platform !== 'linux') return
  try {
    const library = (await loadForeignFunctions()).load(null)
    const mallopt = library.func('int mallopt(int param, int value)') as (
      param: number,
      value: number,
    ) => number
    mallopt(mmapThreshold, largeBytes)
  } catch {
    // Then the process keeps more of what it has had.
  }
}
