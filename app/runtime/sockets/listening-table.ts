import { open } from 'node:fs/promises'

const tables = ['/proc/self/net/tcp', '/proc/self/net/tcp6']
const listening = '0A'
const pieceBytes = 64 * 1024

/**
 * How many sockets listen on the address of the socket with this inode, including those of other processes of the same
 * user. Throws when the kernel does not show it.
 */
export async function countBeside(inode: number): Promise<number> {
  for (const path of tables) {
    const rows = await listeningRows(path)
    const own = rows.find((row) => row.inode === inode)
    if (own === undefined) continue
    return rows.filter(({ address, user }) => address === own.address && user === own.user).length
  }
  throw new Error(`no listening socket with inode ${inode} in ${tables.join(' or ')}`)
}

interface Row {
  readonly address: string
  readonly user: string
  readonly inode: number
}

/** The kernel lists sockets that listen first, and the connections after them may be 100,000. */
async function listeningRows(path: string): Promise<readonly Row[]> {
  const file = await open(path).catch(() => undefined)
  if (file === undefined) return []
  try {
    let text = ''
    for (;;) {
      const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(pieceBytes) })
      text += buffer.toString('latin1', 0, bytesRead)
      const lines = text.split('\n').slice(1, bytesRead === 0 ? undefined : -1)
      const rows = lines.map((line) => line.trim().split(/\s+/))
      const end = rows.findIndex(([, , , state]) => state !== listening)
      if (bytesRead > 0 && end === -1) continue
      return rows.slice(0, end === -1 ? undefined : end).map((row) => {
        return { address: row[1] ?? '', user: row[7] ?? '', inode: Number(row[9]) }
      })
    }
  } finally {
    await file.close()
  }
}
