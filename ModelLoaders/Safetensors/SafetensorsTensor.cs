namespace VkSparseGrad.ModelLoaders.Safetensors;

/// <summary>What a file's header says about one tensor.</summary>
/// <param name="Name">The name, unique in its file.</param>
/// <param name="Type">The element type.</param>
/// <param name="Shape">The dimensions, outermost first; empty for a scalar.</param>
/// <param name="Position">The first byte, counted from the start of the file.</param>
/// <param name="ByteLength">The number of bytes: the product of the dimensions times the element size.</param>
public sealed record SafetensorsTensor(
    string Name, SafetensorsType Type, IReadOnlyList<long> Shape, long Position, long ByteLength)
{
    /// <summary>The number of elements: the product of the dimensions, 1 for a scalar.</summary>
    public long ElementCount => ByteLength / Type.Size();
}
