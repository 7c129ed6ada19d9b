import { execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

// Debian's for virtual machines: it depends on the newest one's package.
const debianKernel = 'linux-image-cloud-amd64'

// Outlives a checkout and its node_modules: 14 MB that change when Debian's kernel does.
const cache =
  process.env['VM_CACHE'] ??
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'hpdummy-vm')

/** Why there is no kernel to boot; false when there is. */
export function missingKernel(): string | false {
  if (process.env['VM_KERNEL'] !== undefined || findPackage() !== undefined) return false
  return `apt-cache knows no ${debianKernel}; VM_KERNEL can name a kernel`
}

/** Path of the kernel to boot: the one that is named, or Debian's, out of its package and kept. */
export async function fetchKernel(): Promise<string> {
  const named = process.env['VM_KERNEL']
  if (named !== undefined) return named
  const name = findPackage()
  if (name === undefined) throw new Error(`there is no ${debianKernel}`)
  const kernel = join(cache, name)
  if (existsSync(kernel)) return kernel
  mkdirSync(cache, { recursive: true })
  const directory = mkdtempSync(join(cache, 'package-'))
  try {
    await unpack(name, directory)
    const boot = join(directory, 'boot')
    const image = readdirSync(boot).find((file) => file.startsWith('vmlinuz'))
    if (image === undefined) throw new Error(`there is no kernel in ${name}`)
    renameSync(join(boot, image), kernel)
    return kernel
  } finally {
    rmSync(directory, { recursive: true })
  }
}

function findPackage(): string | undefined {
  const { stdout } = spawnSync('apt-cache', ['depends', debianKernel], { encoding: 'utf8' })
  return /^\s*Depends: (linux-image-\S+)$/m.exec(stdout ?? '')?.[1]
}

async function unpack(name: string, directory: string): Promise<void> {
  const execute = promisify(execFile)
  await execute('apt-get', ['download', name], { cwd: directory })
  const [file = ''] = readdirSync(directory)
  await execute('dpkg', ['--extract', file, '.'], { cwd: directory })
}
