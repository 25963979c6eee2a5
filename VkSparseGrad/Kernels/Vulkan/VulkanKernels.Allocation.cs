using System.Collections.Concurrent;
using VkSparseGrad.Devices;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Kernels.Vulkan;

public sealed unsafe partial class VulkanKernels
{
    /// <summary>Memory of tensors that were dropped without disposal, on its way from the finalizer thread.</summary>
    private readonly ConcurrentQueue<(MemorySlice Memory, long Bytes, MemoryCategory Category)> dropped = [];

    /// <summary>Bytes in use after the last full collection.</summary>
    private long liveAfterCollection;

    /// <summary>Tensors that were rented and given back.</summary>
    private readonly Stack<VulkanTensor> idle = new();

    /// <inheritdoc/>
    public Tensor Allocate(Shape shape, DType type, MemoryCategory category)
    {
        var tensor = new VulkanTensor(this, guardBytes, isRented: false);
        tensor.Begin(shape, type, category, TakeMemory(shape, category));
        return tensor;
    }

    Tensor IKernels.Rent(Shape shape, DType type, MemoryCategory category) => Rent(shape, type, category);

    private VulkanTensor Rent(Shape shape, DType type, MemoryCategory category)
    {
        MemorySlice slice = TakeMemory(shape, category);
        VulkanTensor tensor = Returned();
        tensor.Begin(shape, type, category, slice);
        return tensor;
    }

    private VulkanTensor Returned() =>
        idle.TryPop(out VulkanTensor? returned) ? returned : new VulkanTensor(this, guardBytes, isRented: true);

    private MemorySlice TakeMemory(Shape shape, MemoryCategory category)
    {
        long bytes = shape.Length * sizeof(float) + 2 * guardBytes;
        MemoryLifetime lifetime = category is MemoryCategory.Weights or MemoryCategory.Optimizer or MemoryCategory.Basis
            ? MemoryLifetime.Lasting
            : MemoryLifetime.Passing;
        FreeDropped();
        if (!device.Memory.TryAllocate(bytes, lifetime, out MemorySlice slice))
        {
            slice = AllocateAfterCollection(bytes, lifetime, $"a tensor of {category} {shape}");
        }

        memory.Allocated(category, slice.Size);
        WriteGuards(slice);
        return slice;
    }

    /// <inheritdoc/>
    public Tensor Part(Tensor whole, int first, int length)
    {
        ShapeChecks.Part(whole, first, length);
        var part = new VulkanTensor(this, guardBytes, isRented: false);
        part.Begin(Own(whole), first, length);
        return part;
    }

    Tensor IKernels.RentPart(Tensor whole, int first, int length)
    {
        ShapeChecks.Part(whole, first, length);
        VulkanTensor part = Returned();
        part.Begin(Own(whole), first, length);
        return part;
    }

    /// <summary>Takes memory back, on the thread that uses the kernels.</summary>
    internal void Free(MemorySlice slice, long bytes, MemoryCategory category)
    {
        CheckGuards(slice, bytes, category);
        slice.Free();
        memory.Freed(category, slice.Size);
    }

    /// <summary>Takes a rented tensor back whose memory is free.</summary>
    internal void TakeBack(VulkanTensor tensor) => idle.Push(tensor);

    /// <summary>Takes memory back when the next tensor is made. For any thread.</summary>
    internal void FreeLater(MemorySlice slice, long bytes, MemoryCategory category) => dropped.Enqueue((slice, bytes, category));

    /// <summary>Allocates where the blocks have no room. Tensors that nobody disposed may hold it: the collector cannot see how
    /// much device memory hangs on the few bytes of a tensor, so it is asked here.</summary>
    private MemorySlice AllocateAfterCollection(long bytes, MemoryLifetime lifetime, string what)
    {
        // What was dropped lately is cheap to find; the rest is looked for each time that the bytes in use have doubled.
        if (TryAfterCollection(0, bytes, lifetime, out MemorySlice slice) ||
            (memory.Current.Total >= 2 * liveAfterCollection && TryAfterCollection(GC.MaxGeneration, bytes, lifetime, out slice)))
        {
            return slice;
        }

        try
        {
            return device.Memory.Allocate(bytes, what, lifetime);
        }
        catch (DeviceMemoryException)
        {
            // Any block with room is good enough now.
            if (device.Memory.TryAllocate(bytes, lifetime: null, out slice))
            {
                return slice;
            }

            // Empty blocks, each too small for this, count against the limit too.
            Stream.Finish();
            TryAfterCollection(GC.MaxGeneration, bytes, lifetime: null, out slice);
            device.Memory.ReleaseUnused();
            return slice.Block is null ? device.Memory.Allocate(bytes, what, lifetime) : slice;
        }
    }

    private bool TryAfterCollection(int generation, long bytes, MemoryLifetime? lifetime, out MemorySlice slice)
    {
        GC.Collect(generation);
        GC.WaitForPendingFinalizers();
        FreeDropped();
        if (generation == GC.MaxGeneration)
        {
            liveAfterCollection = memory.Current.Total;
        }

        return device.Memory.TryAllocate(bytes, lifetime, out slice);
    }

    private void FreeDropped()
    {
        while (dropped.TryDequeue(out (MemorySlice Memory, long Bytes, MemoryCategory Category) item))
        {
            Free(item.Memory, item.Bytes, item.Category);
        }
    }
}
