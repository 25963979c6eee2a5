using System.Runtime.InteropServices;
using VkSparseGrad.Devices;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Kernels.Vulkan;

public sealed unsafe partial class VulkanKernels
{
    /// <summary>Host transfers go in pieces of this size, so that staging memory stays small.</summary>
    internal const int TransferBytes = 16 << 20;

    /// <inheritdoc/>
    public void Upload(ReadOnlySpan<float> source, Tensor destination) =>
        Upload(MemoryMarshal.AsBytes(source), destination, DType.Float32);

    /// <inheritdoc/>
    public void Upload(ReadOnlySpan<uint> source, Tensor destination) =>
        Upload(MemoryMarshal.AsBytes(source), destination, DType.UInt32);

    /// <inheritdoc/>
    public void Download(Tensor source, Span<float> destination) =>
        Download(source, MemoryMarshal.AsBytes(destination), DType.Float32);

    /// <inheritdoc/>
    public void Download(Tensor source, Span<uint> destination) =>
        Download(source, MemoryMarshal.AsBytes(destination), DType.UInt32);

    /// <inheritdoc/>
    public bool DefersSubmission
    {
        get => Stream.Deferred;
        set => Stream.Deferred = value;
    }

    /// <inheritdoc/>
    public void Flush() => Stream.Flush();

    /// <inheritdoc/>
    public void Trim()
    {
        Stream.Finish();
        FreeDropped();
        device.Memory.ReleaseUnused();
    }

    /// <inheritdoc/>
    public bool Advance(TimeSpan budget) => Stream.Advance(budget);

    /// <inheritdoc/>
    public void Fill(Tensor destination, float value)
    {
        ShapeChecks.Expect(destination, destination.Shape);
        if (destination.Length > 0)
        {
            Stream.Fill(Slice(destination), destination.Length * sizeof(float), BitConverter.SingleToUInt32Bits(value));
        }
    }

    /// <inheritdoc/>
    public void Copy(Tensor source, Tensor destination)
    {
        ShapeChecks.Expect(destination, source.Shape, source.Type);
        if (source.Length > 0)
        {
            Stream.Copy(Slice(source), Slice(destination), source.Length * sizeof(float));
        }
    }

    private void Upload(ReadOnlySpan<byte> source, Tensor destination, DType type)
    {
        ShapeChecks.Expect(destination, destination.Shape, type);
        CheckLength(source.Length, destination);
        MemorySlice slice = Slice(destination);
        for (int first = 0; first < source.Length; first += TransferBytes)
        {
            int count = Math.Min(TransferBytes, source.Length - first);
            Stream.Upload(source.Slice(first, count), slice.Part(first, count), device.UploadMemory);
            if (source.Length > TransferBytes)
            {
                Stream.Finish(); // gives the staging memory back before the next piece
            }
        }
    }

    private void Download(Tensor source, Span<byte> destination, DType type)
    {
        ShapeChecks.Expect(source, source.Shape, type);
        CheckLength(destination.Length, source);
        MemorySlice slice = Slice(source);
        int piece = Math.Min(TransferBytes, destination.Length);
        if (piece == 0)
        {
            return;
        }

        MemorySlice staging = device.DownloadMemory.Allocate(piece, "a read-back");
        try
        {
            for (int first = 0; first < destination.Length; first += piece)
            {
                int count = Math.Min(piece, destination.Length - first);
                Stream.Copy(slice.Part(first, count), staging, count);
                Stream.Finish();
                new ReadOnlySpan<byte>((void*)staging.Mapped, count).CopyTo(destination[first..]);
            }
        }
        finally
        {
            staging.Free();
        }
    }

    private static void CheckLength(int bytes, Tensor tensor)
    {
        if (bytes != tensor.Length * sizeof(float))
        {
            throw new ArgumentException($"A tensor of {tensor.Length} elements cannot be copied from or to {bytes / sizeof(float)}.");
        }
    }
}
