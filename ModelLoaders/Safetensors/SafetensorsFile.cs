using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VkSparseGrad.ModelLoaders.Safetensors;

/// <summary>An open safetensors file: its header is read and checked, tensors are read when asked for.</summary>
/// <remarks>
/// Reads go by position, so any number of threads may read at once and a tensor costs only its own bytes wherever it lies.
/// The header may be 100,000,000 bytes long, the limit of the reference implementation.
/// </remarks>
public sealed class SafetensorsFile : IDisposable
{
    private const int ChunkBytes = 1 << 16;
    private const int MostElementsAtOnce = 1 << 28;

    private readonly SafeFileHandle _handle;
    private readonly SafetensorsHeader _header;

    private SafetensorsFile(string path, SafeFileHandle handle)
    {
        Path = path;
        _handle = handle;
        _header = ReadHeader(path, handle);
        Tensors = [.. _header.Tensors.Values.OrderBy(t => t.Position).ThenBy(t => t.ByteLength)];
    }

    /// <summary>The path it was opened by.</summary>
    public string Path { get; }

    /// <summary>All tensors, in the order of their data.</summary>
    public IReadOnlyList<SafetensorsTensor> Tensors { get; }

    /// <summary>The entries of <c>__metadata__</c>; empty if there are none.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _header.Metadata;

    /// <summary>The tensor of this name.</summary>
    /// <exception cref="KeyNotFoundException">The file has no such tensor.</exception>
    public SafetensorsTensor this[string name] => TryGet(name, out SafetensorsTensor? tensor)
        ? tensor
        : throw new KeyNotFoundException($"{Path}: there is no tensor {Printable.Quote(name)}");

    /// <summary>Opens a file and checks its whole header.</summary>
    /// <exception cref="SafetensorsException">The file is not a well-formed safetensors file.</exception>
    /// <exception cref="IOException">The file is missing or unreadable.</exception>
    /// <exception cref="UnauthorizedAccessException">The path is a folder, or access is denied.</exception>
    public static SafetensorsFile Open(string path)
    {
        SafeFileHandle handle = File.OpenHandle(path, options: FileOptions.RandomAccess);
        try
        {
            return new SafetensorsFile(path, handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Finds a tensor by name.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out SafetensorsTensor? tensor) =>
        _header.Tensors.TryGetValue(name, out tensor);

    /// <summary>Reads raw little-endian bytes of a tensor.</summary>
    /// <param name="name">The tensor.</param>
    /// <param name="offset">The first byte wanted, counted from the tensor's own start.</param>
    /// <param name="destination">Filled whole.</param>
    /// <exception cref="KeyNotFoundException">The file has no such tensor.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside the tensor.</exception>
    public void ReadBytes(string name, long offset, Span<byte> destination)
    {
        SafetensorsTensor tensor = this[name];
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, tensor.ByteLength - destination.Length);
        ReadExactly(Path, _handle, destination, tensor.Position + offset);
    }

    /// <summary>Reads elements as 32-bit floats: F32, F16 and BF16 exactly, F64 rounded to nearest.</summary>
    /// <param name="name">The tensor; of type F64, F32, F16 or BF16.</param>
    /// <param name="destination">Filled whole, row-major.</param>
    /// <param name="firstElement">Where to begin in the flattened tensor.</param>
    /// <exception cref="KeyNotFoundException">The file has no such tensor.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside the tensor.</exception>
    /// <exception cref="SafetensorsException">The tensor is of another type.</exception>
    public void ReadFloats(string name, Span<float> destination, long firstElement = 0)
    {
        SafetensorsTensor tensor = this[name];
        if (!tensor.Type.IsFloat())
            throw WrongType(tensor, "floats", "F64, F32, F16 or BF16");
        if (tensor.Type == SafetensorsType.F32 && BitConverter.IsLittleEndian)
            ReadInPlace(tensor, firstElement, destination);
        else
            ReadConverted(tensor, firstElement, destination, Elements.ToFloat);
    }

    /// <summary>Reads the bits of 16-bit floats.</summary>
    /// <param name="name">The tensor; of type F16 or BF16.</param>
    /// <param name="destination">Filled whole, row-major.</param>
    /// <param name="firstElement">Where to begin in the flattened tensor.</param>
    /// <inheritdoc cref="ReadFloats" path="/exception"/>
    public void ReadHalves(string name, Span<ushort> destination, long firstElement = 0)
    {
        SafetensorsTensor tensor = this[name];
        if (tensor.Type is not (SafetensorsType.F16 or SafetensorsType.BF16))
            throw WrongType(tensor, "16-bit floats", "F16 or BF16");
        if (BitConverter.IsLittleEndian)
            ReadInPlace(tensor, firstElement, destination);
        else
            ReadConverted(tensor, firstElement, destination, Elements.ToHalves);
    }

    /// <summary>Reads elements as 64-bit floats, exactly.</summary>
    /// <inheritdoc cref="ReadFloats"/>
    public void ReadDoubles(string name, Span<double> destination, long firstElement = 0)
    {
        SafetensorsTensor tensor = this[name];
        if (!tensor.Type.IsFloat())
            throw WrongType(tensor, "floats", "F64, F32, F16 or BF16");
        ReadConverted(tensor, firstElement, destination, Elements.ToDouble);
    }

    /// <summary>Reads elements as 64-bit integers, exactly.</summary>
    /// <param name="name">The tensor; of any integer type but U64, or BOOL.</param>
    /// <param name="destination">Filled whole, row-major.</param>
    /// <param name="firstElement">Where to begin in the flattened tensor.</param>
    /// <exception cref="KeyNotFoundException">The file has no such tensor.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside the tensor.</exception>
    /// <exception cref="SafetensorsException">The tensor is of another type.</exception>
    public void ReadInt64(string name, Span<long> destination, long firstElement = 0)
    {
        SafetensorsTensor tensor = this[name];
        if (!Elements.FitsInt64(tensor.Type))
            throw WrongType(tensor, "integers", "I64, I32, I16, I8, U32, U16, U8 or BOOL");
        ReadConverted(tensor, firstElement, destination, Elements.ToInt64);
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private static void RequireRange(SafetensorsTensor tensor, long firstElement, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstElement);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(firstElement, tensor.ElementCount - count);
    }

    /// <summary>Reads elements that are stored as the machine stores them.</summary>
    private void ReadInPlace<T>(SafetensorsTensor tensor, long firstElement, Span<T> destination)
        where T : unmanaged
    {
        RequireRange(tensor, firstElement, destination.Length);
        while (!destination.IsEmpty)
        {
            // An int counts a span's bytes, so 2 GiB of elements need more than one.
            Span<T> piece = destination[..Math.Min(destination.Length, MostElementsAtOnce)];
            ReadExactly(Path, _handle, MemoryMarshal.AsBytes(piece), tensor.Position + (firstElement * tensor.Type.Size()));
            firstElement += piece.Length;
            destination = destination[piece.Length..];
        }
    }

    private void ReadConverted<T>(SafetensorsTensor tensor, long firstElement, Span<T> destination, Elements.Reader<T> convert)
    {
        RequireRange(tensor, firstElement, destination.Length);
        int size = tensor.Type.Size();
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            for (int done = 0; done < destination.Length;)
            {
                int count = Math.Min(destination.Length - done, ChunkBytes / size);
                Span<byte> bytes = buffer.AsSpan(0, count * size);
                ReadExactly(Path, _handle, bytes, tensor.Position + ((firstElement + done) * size));
                convert(tensor.Type, bytes, destination.Slice(done, count));
                done += count;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static SafetensorsHeader ReadHeader(string path, SafeFileHandle handle)
    {
        long fileLength = RandomAccess.GetLength(handle);
        if (fileLength == 0)
            throw new SafetensorsException(path, "the file is empty (0 bytes); download or copy it again");

        // Enough to recognise what else it may be; nothing larger is allocated before the stated length is believed.
        Span<byte> start = stackalloc byte[(int)Math.Min(fileLength, 256)];
        ReadExactly(path, handle, start, 0);
        if (fileLength < sizeof(ulong))
        {
            throw new SafetensorsException(path, ForeignContent.Describe(start) ??
                $"the file is truncated: a safetensors file begins with 8 bytes of header length, the file has {fileLength}; download or copy it again");
        }

        ulong stated = BinaryPrimitives.ReadUInt64LittleEndian(start);
        if (stated > (ulong)fileLength - sizeof(ulong))
            throw new SafetensorsException(path, ForeignContent.Describe(start) ?? HeaderBeyondFile(stated, fileLength));
        if (stated > SafetensorsHeader.MaximumLength)
            throw new SafetensorsException(path, ForeignContent.Describe(start) ?? $"the header is {stated} bytes long, more than the limit of {SafetensorsHeader.MaximumLength}; the file is damaged, or its tensors must be split over several files");

        byte[] json = new byte[(int)stated];
        ReadExactly(path, handle, json, sizeof(ulong));
        return SafetensorsHeader.Parse(path, json, fileLength);
    }

    private static string HeaderBeyondFile(ulong stated, long fileLength)
    {
        string limit = stated > SafetensorsHeader.MaximumLength
            ? string.Create(CultureInfo.InvariantCulture, $" and the limit is {SafetensorsHeader.MaximumLength}")
            : "";
        return $"the file is truncated or not a safetensors file: its first 8 bytes promise a header of {stated} bytes, the file has {fileLength}{limit}; download or copy it again";
    }

    private static void ReadExactly(string path, SafeFileHandle handle, Span<byte> destination, long position)
    {
        while (!destination.IsEmpty)
        {
            int read = RandomAccess.Read(handle, destination, position);
            if (read == 0)
                throw new SafetensorsException(path, $"the file ended at byte {position} while it was being read; did another program change it?");
            destination = destination[read..];
            position += read;
        }
    }

    private SafetensorsException WrongType(SafetensorsTensor tensor, string wanted, string possible) =>
        new(Path, $"tensor {Printable.Quote(tensor.Name)} is {tensor.Type.Name()}; {wanted} can be read from {possible}");
}
