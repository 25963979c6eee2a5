using System.Buffers.Binary;

namespace VkSparseGrad.ModelLoaders.Safetensors;

/// <summary>Converts elements between their little-endian form in a file and .NET's types.</summary>
internal static class Elements
{
    public delegate void Reader<T>(SafetensorsType type, ReadOnlySpan<byte> source, Span<T> destination);

    public delegate void Writer<T>(SafetensorsType type, ReadOnlySpan<T> source, Span<byte> destination);

    public static bool FitsInt64(SafetensorsType type) => type is SafetensorsType.Bool
        or SafetensorsType.U8 or SafetensorsType.I8 or SafetensorsType.U16 or SafetensorsType.I16
        or SafetensorsType.U32 or SafetensorsType.I32 or SafetensorsType.I64;

    /// <summary>F64 is rounded to nearest; the other types widen exactly.</summary>
    public static void ToFloat(SafetensorsType type, ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (int i = 0; i < destination.Length; i++)
        {
            destination[i] = type == SafetensorsType.F64
                ? (float)BinaryPrimitives.ReadDoubleLittleEndian(source[(8 * i)..])
                : WidenToFloat(type, source, i);
        }
    }

    public static void ToDouble(SafetensorsType type, ReadOnlySpan<byte> source, Span<double> destination)
    {
        for (int i = 0; i < destination.Length; i++)
        {
            destination[i] = type == SafetensorsType.F64
                ? BinaryPrimitives.ReadDoubleLittleEndian(source[(8 * i)..])
                : WidenToFloat(type, source, i);
        }
    }

    public static void ToInt64(SafetensorsType type, ReadOnlySpan<byte> source, Span<long> destination)
    {
        for (int i = 0; i < destination.Length; i++)
        {
            destination[i] = type switch
            {
                SafetensorsType.I64 => BinaryPrimitives.ReadInt64LittleEndian(source[(8 * i)..]),
                SafetensorsType.I32 => BinaryPrimitives.ReadInt32LittleEndian(source[(4 * i)..]),
                SafetensorsType.U32 => BinaryPrimitives.ReadUInt32LittleEndian(source[(4 * i)..]),
                SafetensorsType.I16 => BinaryPrimitives.ReadInt16LittleEndian(source[(2 * i)..]),
                SafetensorsType.U16 => BinaryPrimitives.ReadUInt16LittleEndian(source[(2 * i)..]),
                SafetensorsType.I8 => (sbyte)source[i],
                _ => source[i],
            };
        }
    }

    /// <summary>16-bit elements as they are.</summary>
    public static void ToHalves(SafetensorsType type, ReadOnlySpan<byte> source, Span<ushort> destination)
    {
        for (int i = 0; i < destination.Length; i++)
            destination[i] = BinaryPrimitives.ReadUInt16LittleEndian(source[(2 * i)..]);
    }

    /// <summary>Narrows to nearest, ties to even.</summary>
    /// <exception cref="OverflowException">A finite value is beyond the largest finite value of the type.</exception>
    public static void FromFloat(SafetensorsType type, ReadOnlySpan<float> source, Span<byte> destination)
    {
        for (int i = 0; i < source.Length; i++)
        {
            float value = source[i];
            switch (type)
            {
                case SafetensorsType.F64:
                    BinaryPrimitives.WriteDoubleLittleEndian(destination[(8 * i)..], value);
                    break;
                case SafetensorsType.F32:
                    BinaryPrimitives.WriteSingleLittleEndian(destination[(4 * i)..], value);
                    break;
                case SafetensorsType.F16:
                    Half half = (Half)value;
                    RequireFinite(type, value, Half.IsInfinity(half));
                    BinaryPrimitives.WriteHalfLittleEndian(destination[(2 * i)..], half);
                    break;
                default:
                    ushort bits = ToBFloat16(value);
                    RequireFinite(type, value, (bits & 0x7FFF) == 0x7F80);
                    BinaryPrimitives.WriteUInt16LittleEndian(destination[(2 * i)..], bits);
                    break;
            }
        }
    }

    /// <exception cref="OverflowException">A value does not fit the type.</exception>
    public static void FromInt64(SafetensorsType type, ReadOnlySpan<long> source, Span<byte> destination)
    {
        for (int i = 0; i < source.Length; i++)
        {
            checked
            {
                switch (type)
                {
                    case SafetensorsType.I64:
                        BinaryPrimitives.WriteInt64LittleEndian(destination[(8 * i)..], source[i]);
                        break;
                    case SafetensorsType.I32:
                        BinaryPrimitives.WriteInt32LittleEndian(destination[(4 * i)..], (int)source[i]);
                        break;
                    case SafetensorsType.U32:
                        BinaryPrimitives.WriteUInt32LittleEndian(destination[(4 * i)..], (uint)source[i]);
                        break;
                    case SafetensorsType.I16:
                        BinaryPrimitives.WriteInt16LittleEndian(destination[(2 * i)..], (short)source[i]);
                        break;
                    case SafetensorsType.U16:
                        BinaryPrimitives.WriteUInt16LittleEndian(destination[(2 * i)..], (ushort)source[i]);
                        break;
                    case SafetensorsType.I8:
                        destination[i] = unchecked((byte)checked((sbyte)source[i]));
                        break;
                    case SafetensorsType.Bool when source[i] > 1:
                        throw new OverflowException($"{source[i]} is neither 0 nor 1");
                    default:
                        destination[i] = (byte)source[i];
                        break;
                }
            }
        }
    }

    private static float WidenToFloat(SafetensorsType type, ReadOnlySpan<byte> source, int i) => type switch
    {
        SafetensorsType.F32 => BinaryPrimitives.ReadSingleLittleEndian(source[(4 * i)..]),
        SafetensorsType.F16 => (float)BinaryPrimitives.ReadHalfLittleEndian(source[(2 * i)..]),
        _ => BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(source[(2 * i)..]) << 16),
    };

    private static ushort ToBFloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        if (float.IsNaN(value))
        {
            // Rounding could carry a NaN into infinity; the quiet bit keeps it a NaN.
            return (ushort)((bits >> 16) | 0x40);
        }

        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    private static void RequireFinite(SafetensorsType type, float value, bool becameInfinite)
    {
        if (becameInfinite && float.IsFinite(value))
            throw new OverflowException($"{value:G9} is beyond the largest {type.Name()}");
    }
}
