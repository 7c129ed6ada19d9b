// Reflection serves what protobufjs makes of the .proto files. That is wrong in two places that Go's clients insist on:
// the entries of maps are named like their field, and optional fields are not marked.

/** google.protobuf.FieldDescriptorProto, as far as we read it. */
interface Field {
  readonly name: string
  typeName?: string
  readonly oneofIndex?: number
  proto3Optional?: boolean
}

/** google.protobuf.DescriptorProto. */
interface Message {
  name: string
  readonly field?: readonly Field[]
  readonly nestedType?: readonly Message[]
  readonly oneofDecl?: readonly { readonly name: string }[]
  readonly options?: { readonly mapEntry?: boolean } | null
}

/** google.protobuf.FileDescriptorProto. */
export interface FileDescriptor {
  readonly messageType?: readonly Message[]
}

/** Names the entries of maps (`headers`: `HeadersEntry`) and marks optional fields as protoc does, in place. */
export function repairDescriptor({ messageType = [] }: FileDescriptor): void {
  for (const message of messageType) repairMessage(message)
}

function repairMessage({ field = [], nestedType = [], oneofDecl = [] }: Message): void {
  for (const one of field) {
    const entry = nestedType.find(({ name, options }) => {
      return options?.mapEntry === true && name === one.typeName
    })
    if (entry !== undefined) one.typeName = entry.name = entryName(one.name)
    // An optional field is in a oneof of its own, with the same name after an underscore.
    const oneof = one.oneofIndex === undefined ? undefined : oneofDecl[one.oneofIndex]
    if (oneof?.name === `_${one.name}`) one.proto3Optional = true
  }
  for (const nested of nestedType) repairMessage(nested)
}

function entryName(field: string): string {
  const words = field.split('_').map((word) => word.charAt(0).toUpperCase() + word.slice(1))
  return `${words.join('')}Entry`
}
