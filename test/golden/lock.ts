// Completes package-lock.json: a registry mirror may not carry every platform's optional binary,
// and `npm ci` refuses a lock in which one that package.json files name is missing ("Missing:
// @uwsjs/darwin-arm64-22@ from lock file"). One entry each, without a hash, makes `npm ci` pass here
// and leaves the other platforms installable. Run by `npm run golden` after every `npm install`.
import { readFileSync } from 'node:fs'

interface LockEntry {
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

interface Lock {
  readonly packages: Record<string, LockEntry>
}

const platforms = /\b(android|darwin|freebsd|linux|openharmony|win32)\b/
const cpus = /\b(arm64|arm|ia32|ppc64|riscv64|s390x|x64)\b/

/** The entry npm would write for a platform package, read off its name (`@uwsjs/linux-arm64-22`). */
export function platformEntry(name: string, version: string): object {
  const os = platforms.exec(name)?.[1]
  const cpu = cpus.exec(name)?.[1]
  if (os === undefined || cpu === undefined) {
    throw new Error(
      `${name}: an optional package that names no platform; install it and lock it by hand`,
    )
  }
  const nodeMajor = /^@uwsjs\/.*-(\d+)$/.exec(name)?.[1]
  const libc = /-musl|-gnu/.exec(name)?.[0]
  return {
    version,
    cpu: [cpu],
    ...(libc !== undefined && { libc: [libc === '-musl' ? 'musl' : 'glibc'] }),
    optional: true,
    os: [os],
    ...(nodeMajor !== undefined && {
      engines: { node: `>=${nodeMajor}.0.0 <${Number(nodeMajor) + 1}.0.0` },
    }),
  }
}

/** The lock's text with every optional package present; the same text when nothing was missing. */
export function completedLock(text: string): string {
  const lock = JSON.parse(text) as Lock
  const missing = Object.values(lock.packages)
    .flatMap((entry) => Object.entries(entry.optionalDependencies ?? {}))
    .filter(([name]) => lock.packages[`node_modules/${name}`] === undefined)
  if (missing.length === 0) return text
  for (const [name, version] of missing) {
    lock.packages[`node_modules/${name}`] = platformEntry(name, version)
  }
  const sorted = Object.entries(lock.packages).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`
}

/** The lock file as it should be, for the golden check. */
export function lockGolden(): string {
  return completedLock(readFileSync('package-lock.json', 'utf8'))
}
