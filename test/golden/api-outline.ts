interface Parameter {
  readonly name: string
  readonly in: string
  readonly required: boolean
  readonly schema: { readonly default?: unknown }
}

interface Answer {
  readonly content?: object
  readonly headers?: object
}

interface Operation {
  /** Beside those of its path. */
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: object }
  /** By status; most are kept among the components. */
  readonly responses: Readonly<Record<string, Answer | { readonly $ref: string }>>
}

interface Document {
  /** By path, and there by method, beside `parameters` and `servers`. */
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly components: {
    readonly schemas: Readonly<Record<string, { readonly properties?: object }>>
    readonly responses: Readonly<Record<string, Answer>>
  }
}

/**
 * What a reader of a change wants to see of the OpenAPI document, which has half a megabyte: the parameters of each path
 * with their defaults, the bodies and answers of its methods, and the fields of named schemas. Methods that have the same
 * share a line.
 */
export function apiOutline(document: object): string {
  const { paths, components } = document as Document
  const answerText = ([status, given]: [string, Answer | { readonly $ref: string }]): string => {
    const answer =
      '$ref' in given ? components.responses[given.$ref.split('/').at(-1) ?? ''] : given
    const names = Object.keys(answer?.headers ?? {}).join(', ')
    return [status, typesOf(answer?.content), names === '' ? '' : `(${names})`]
      .filter(Boolean)
      .join(' ')
  }
  const operationText = ({ parameters = [], requestBody, responses }: Operation): string =>
    [
      ...parameters.map(parameterText),
      ...(requestBody === undefined ? [] : [`takes ${typesOf(requestBody.content)}`]),
      ...Object.entries(responses).map(answerText),
    ].join('; ')
  const blocks = Object.entries(paths).map(([path, item]) => {
    const operations = Object.entries(item).filter(
      (entry): entry is [string, Operation] =>
        typeof entry[1] === 'object' && entry[1] !== null && 'responses' in entry[1],
    )
    const alike = Map.groupBy(operations, ([, operation]) => operationText(operation))
    const parameters = (item['parameters'] ?? []) as readonly Parameter[]
    return [
      path,
      ...parameters.map((one) => `  ${parameterText(one)}`),
      ...[...alike].map(
        ([text, some]) => `  ${some.map(([method]) => method.toUpperCase()).join(' ')}: ${text}`,
      ),
    ].join('\n')
  })
  const schemas = Object.entries(components.schemas).map(
    ([name, { properties = {} }]) => `schema ${name}\n  ${Object.keys(properties).join(', ')}`,
  )
  return `${[...blocks, ...schemas].join('\n\n')}\n`
}

function typesOf(content: object = {}): string {
  return Object.keys(content).join(' or ')
}

function parameterText({ name, in: place, required, schema }: Parameter): string {
  const value = schema.default === undefined ? '' : `=${JSON.stringify(schema.default)}`
  return `${place} ${name}${value}${required ? ' (required)' : ''}`
}
