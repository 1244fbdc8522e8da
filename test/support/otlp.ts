// Reads spans from what an OTLP exporter sends (protobuf), as far as the tests look.
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  /** Nanoseconds since 1970. */
  readonly startTime: bigint;
  readonly endTime: bigint;
}

type Field = readonly [number: number, value: Buffer | bigint];

/** ExportTraceServiceRequest.resource_spans.scope_spans.spans of opentelemetry-proto, trace/v1/trace.proto. */
export function decodeSpans(request: Buffer): ReceivedSpan[] {
  return messages(request, 1)
    .flatMap((resourceSpans) => messages(resourceSpans, 2))
    .flatMap((scopeSpans) => messages(scopeSpans, 2))
    .map((span) => {
      const bytes = (field: number) => messages(span, field)[0] ?? Buffer.alloc(0);
      const time = (field: number) => fieldsOf(span).find(([n]) => n === field)?.[1];
      return {
        traceId: bytes(1).toString('hex'),
        spanId: bytes(2).toString('hex'),
        parentSpanId: bytes(4).toString('hex'),
        name: bytes(5).toString(),
        startTime: BigInt(String(time(7) ?? 0)),
        endTime: BigInt(String(time(8) ?? 0)),
      };
    });
}

function messages(buffer: Buffer, field: number): Buffer[] {
  return fieldsOf(buffer).flatMap(([n, value]) =>
    n === field && Buffer.isBuffer(value) ? [value] : [],
  );
}

function fieldsOf(buffer: Buffer): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = buffer[at++] ?? 0;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < buffer.length) {
    const key = Number(varint());
    const [field, wire] = [key >> 3, key & 7];
    if (wire === 0) fields.push([field, varint()]);
    else if (wire === 1) {
      fields.push([field, buffer.readBigUInt64LE(at)]);
      at += 8;
    } else if (wire === 2) {
      const length = Number(varint());
      fields.push([field, buffer.subarray(at, at + length)]);
      at += length;
    } else if (wire === 5) {
      fields.push([field, BigInt(buffer.readUInt32LE(at))]);
      at += 4;
    } else throw new Error(`wire type ${wire}`);
  }
  return fields;
}
