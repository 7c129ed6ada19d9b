import { closeSync, openSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

const directoryMode = 0o040755
const fileMode = 0o100755

/**
 * An archive as the kernel unpacks it at boot: cpio, format newc (initramfs-buffer-format.rst). The
 * program of that name would want a directory that looks like the archive, a copy of all there is.
 */
export class Archive {
  readonly #file: number
  readonly #directories = new Set(['/'])
  #entries = 0

  constructor(path: string) {
    this.#file = openSync(path, 'w')
  }

  /** Adds a directory, and those above it that are not there yet. */
  addDirectory(path: string): void {
    if (this.#directories.has(path)) return
    this.addDirectory(dirname(path))
    this.#directories.add(path)
    this.#write(path, directoryMode, Buffer.alloc(0))
  }

  /** Adds a file that may be run. */
  addFile(path: string, content: Buffer): void {
    this.addDirectory(dirname(path))
    this.#write(path, fileMode, content)
  }

  /** Ends the archive; no more can be added. */
  end(): void {
    this.#write('/TRAILER!!!', 0, Buffer.alloc(0))
    closeSync(this.#file)
  }

  #write(path: string, mode: number, content: Buffer): void {
    const name = Buffer.from(`${path.slice(1)}\0`)
    const fields = {
      inode: ++this.#entries,
      mode,
      user: 0,
      group: 0,
      links: 1,
      time: 0,
      contentBytes: content.length,
      major: 0,
      minor: 0,
      deviceMajor: 0,
      deviceMinor: 0,
      nameBytes: name.length,
      check: 0,
    }
    const hex = Object.values(fields).map((field) => field.toString(16).padStart(8, '0'))
    this.#writePadded(Buffer.concat([Buffer.from(`070701${hex.join('')}`), name]))
    this.#writePadded(content)
  }

  // Head and content each end on a multiple of four.
  #writePadded(bytes: Buffer): void {
    writeSync(this.#file, bytes)
    writeSync(this.#file, '\0'.repeat(-bytes.length & 3))
  }
}
