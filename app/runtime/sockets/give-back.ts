import { type SocketMachine, thisMachine } from './options.ts'

// malloc.h. By itself glibc raises the threshold to the largest block that was freed, up to 32 MiB, and keeps smaller
// blocks for itself. So the kernel did not get back what 30 unfinished messages of 16 MiB had held, or 100 WebSockets
// that echo 64 KiB to clients that read nothing, and 256 MiB were used up. With a fixed threshold the peak is 227 and
// 203 MiB.
const mmapThreshold = -3
const largeBytes = 512 * 1024

/**
 * Makes the C library return every block of 512 KiB and more to the kernel when it is freed. Needed where memory is
 * limited. Never fails; with another C library than glibc it has no effect.
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
    // Then the process keeps more of the memory it has freed.
  }
}
