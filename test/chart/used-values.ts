/** What `.x` stands for at a place of a template: a value by its path, '' for the root, or neither. */
type Scope = string | undefined

/** Paths of the values a template reads: `.Values.a.b`, and `.b` in the scope of `with .Values.a`. */
export function usedValues(template: string): readonly string[] {
  const scopes: Scope[] = ['']
  return [...template.matchAll(/\{\{-?\s*([\s\S]*?)\s*-?\}\}/g)].flatMap(([, written = '']) => {
    // Other names that templates give to what they read often.
    const action = written.replaceAll('$v.', '.Values.').replaceAll('$image.', '.Values.image.')
    const scope = scopes.at(-1)
    const paths = [...action.matchAll(/(?<![\w")*])\.(Values\.)?([a-z][\w.]*)/g)]
      .filter(([, isWhole]) => isWhole !== undefined || (scope !== undefined && scope !== ''))
      .map(([, isWhole, path = '']) => (isWhole === undefined ? `${scope ?? ''}.${path}` : path))
    switch (/^\w*/.exec(action)?.[0] ?? '') {
      case 'end':
        scopes.pop()
        break
      case 'if':
        scopes.push(scope)
        break
      case 'define':
        scopes.push('')
        break
      case 'with':
        scopes.push(/^with \$?\.[\w.]+$/.test(action) ? paths[0] : undefined)
        break
      case 'range':
        scopes.push(undefined)
        break
      default:
    }
    return paths
  })
}
